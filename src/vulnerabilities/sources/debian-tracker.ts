/**
 * Debian's security tracker as JSON: source package → vulnerability → release → status. `resolved` with version 0 means
 * that the package was never vulnerable there; `undetermined` that nobody knows yet, which is not reported.
 */
import type { Advisory, KeyedAdvisory } from '../advisory.ts';
import { shortened } from './osv.ts';
import { severityOfWord } from './severity.ts';

type Json = Readonly<Record<string, unknown>>;

/** The tracker has codenames, images and OSV numbers. */
const RELEASES: Readonly<Record<string, string>> = {
  jessie: '8',
  stretch: '9',
  buster: '10',
  bullseye: '11',
  bookworm: '12',
  trixie: '13',
  forky: '14',
  duke: '15',
};

export function isDebianTracker(value: unknown): value is Json {
  if (!isObject(value)) return false;
  const [package_] = Object.values(value);
  const [entry] = isObject(package_) ? Object.values(package_) : [];
  return isObject(entry) && isObject(entry['releases']);
}

export function* trackerAdvisories(tracker: Json): Generator<KeyedAdvisory> {
  for (const [name, vulnerabilities] of Object.entries(tracker)) {
    for (const [id, entry] of Object.entries(isObject(vulnerabilities) ? vulnerabilities : {})) {
      if (!isObject(entry)) continue;
      const summary = typeof entry['description'] === 'string' ? shortened(entry['description']) : '';
      for (const [codename, release] of Object.entries(
        isObject(entry['releases']) ? entry['releases'] : {},
      )) {
        const advisory = isObject(release) ? advisoryOf(id, summary, release) : undefined;
        const ecosystem = `Debian:${RELEASES[codename] ?? codename}`;
        if (advisory) yield { ecosystem, name, advisory };
      }
    }
  }
}

function advisoryOf(id: string, summary: string, release: Json): Advisory | undefined {
  const { status, fixed_version: fixed, urgency, nodsa_reason: reason, nodsa } = release;
  const isFixed = status === 'resolved' && typeof fixed === 'string' && fixed !== '0';
  if (!isFixed && status !== 'open') return undefined;
  const word = typeof reason === 'string' && reason !== '' ? reason : typeof nodsa === 'string' ? nodsa : '';
  return {
    id,
    aliases: [],
    ...(summary !== '' && { summary }),
    severity: typeof urgency === 'string' ? severityOfWord(urgency) : 'unknown',
    ranges: [isFixed ? { introduced: ['0'], fixed: [fixed] } : { introduced: ['0'] }],
    ...(!isFixed && word !== '' && { note: shortened(word) }),
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
