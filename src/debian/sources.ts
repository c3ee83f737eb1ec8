/**
 * Where the packages of a suite are to come from: a mirror that is named (`--mirror`, `DECANT_DEBIAN_MIRROR`, the
 * project's `decant.yaml`, in this order), or those of the machine's own apt.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { DecantError } from '../errors.ts';
import { readAptSources } from './apt-sources.ts';
import type { KeySource } from './keyring.ts';
import type { ArchiveSource } from './source.ts';
import { mirrorAddress } from './url.ts';

export { readAptSources } from './apt-sources.ts';

/** Addresses as they were written. */
export interface MirrorChoice {
  readonly mirror?: string | undefined;
  readonly securityMirror?: string | undefined;
}

export type Distribution = 'debian' | 'ubuntu';

export interface SourceOptions {
  /** Whose suites they are; Debian's unless told. */
  readonly distribution?: Distribution | undefined;
  /** From `--mirror` and `--security-mirror`. */
  readonly flags?: MirrorChoice | undefined;
  /** `DECANT_DEBIAN_MIRROR`, `DECANT_DEBIAN_SECURITY_MIRROR`; `DECANT_UBUNTU_…` for suites of Ubuntu. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** From `decant.yaml`. */
  readonly config?: MirrorChoice | undefined;
  readonly components?: readonly string[] | undefined;
  /** Keyrings that count instead of those that the machine's apt names. */
  readonly signedBy?: readonly KeySource[] | undefined;
  /** The machine's root folder. */
  readonly root?: string | undefined;
}

/**
 * A suite with those that correct it: `bookworm`, `bookworm-updates`, `bookworm-security`. What is one of these itself
 * (it has a hyphen), or has none, stands alone.
 */
export function suiteFamily(suite: string): readonly string[] {
  if (suite.includes('-') || suite.includes('/') || ROLLING.has(suite)) return [suite];
  return [suite, `${suite}-updates`, `${suite}-security`];
}

/** Suites that are corrected in place. */
const ROLLING = new Set(['sid', 'unstable', 'experimental', 'rc-buggy']);

/**
 * Sources for the suites named, exactly these and in their order. Throws MIRROR_UNKNOWN, and USAGE for an address that
 * is none.
 */
export function sourcesFor(suites: readonly string[], options: SourceOptions = {}): readonly ArchiveSource[] {
  const { components = ['main'], signedBy } = options;
  const named = namedMirror(options);
  if (!named) return suites.flatMap((suite) => hostSources(suite, options));
  return suites.map((suite) => ({
    uri: isSecurity(suite) ? named.security : named.main,
    suite,
    components,
    ...(signedBy ? { signedBy } : {}),
  }));
}

/**
 * Sources for a suite from the machine's apt. Another suite than the machine's is looked for where the machine's own
 * comes from: mirrors have them all. Throws MIRROR_UNKNOWN.
 */
export function hostSources(suite: string, options: SourceOptions = {}): readonly ArchiveSource[] {
  const { root = '/', components = ['main'], signedBy, distribution = 'debian' } = options;
  const all = readAptSources(root);
  const found = pick(suite, all, hostRelease(root), distribution);
  if (found.length === 0) throw unknown(suite, distribution);
  const sources = found.map(({ uri, signedBy: own }): ArchiveSource => {
    const keys = signedBy ?? own;
    // Neither its components nor its architectures: those are what the machine wants to install.
    return { uri, suite, components, ...(keys ? { signedBy: keys } : {}) };
  });
  return [...new Map(sources.map((source) => [source.uri, source])).values()];
}

/** The sources whose addresses have the suite. */
function pick(
  suite: string,
  all: readonly ArchiveSource[],
  host: HostRelease,
  distribution: Distribution,
): readonly ArchiveSource[] {
  const exact = all.filter((source) => source.suite === suite && source.components.includes('main'));
  // Others (a vendor's packages for bookworm) name their suites after the release too; the distribution's own has more.
  const own = distributionOf(all, host.codename);
  // Of several mirrors of the same archive the first will do: they have the same packages.
  const ownExact = exact.filter((source) => own.uris.has(source.uri)).slice(0, 1);
  if (ownExact.length > 0) return ownExact;
  // Mirrors have the other releases of their distribution, and none of another.
  if (own.release.length === 0 || !host.distributions.includes(distribution)) return exact;
  if (!isSecurity(suite)) return own.release.slice(0, 1);
  if (own.security.length > 0) return own.security.slice(0, 1);
  return own.release.slice(0, 1).map((source) => ({ ...source, uri: securityBeside(source.uri) }));
}

interface OwnSources {
  readonly release: readonly ArchiveSource[];
  readonly security: readonly ArchiveSource[];
  readonly uris: ReadonlySet<string>;
}

/** The sources of the distribution that the machine runs, told by its release's code name. */
function distributionOf(all: readonly ArchiveSource[], codename: string | undefined): OwnSources {
  const of = (suites: readonly string[]): readonly ArchiveSource[] =>
    all.filter((source) => suites.includes(source.suite) && source.components.includes('main'));
  // Vendors have the release, but no updates to it; where nobody has, the first source is the distribution's.
  const aliases = ['stable', 'oldstable', 'oldoldstable', 'testing', 'unstable', 'sid'];
  const names = codename === undefined ? aliases : [codename, ...aliases];
  const withUpdates = new Set(of(names.map((name) => `${name}-updates`)).map((source) => source.uri));
  const candidates = of(names);
  const updated = candidates.filter((source) => withUpdates.has(source.uri));
  const release = updated.length > 0 ? updated : candidates.slice(0, 1);
  const security = of(names.map((name) => `${name}-security`));
  return { release, security, uris: new Set([...release, ...security].map((source) => source.uri)) };
}

/** A mirror and the one for security, each from the first place that names one. */
function namedMirror(
  options: SourceOptions,
): { readonly main: string; readonly security: string } | undefined {
  const { flags = {}, environment = {}, config = {}, distribution = 'debian' } = options;
  const prefix = `DECANT_${distribution.toUpperCase()}`;
  const main = firstAddress([
    ['--mirror', flags.mirror],
    [`${prefix}_MIRROR`, environment[`${prefix}_MIRROR`]],
    ['decant.yaml', config.mirror],
  ]);
  if (main === undefined) return undefined;
  const security = firstAddress([
    ['--security-mirror', flags.securityMirror],
    [`${prefix}_SECURITY_MIRROR`, environment[`${prefix}_SECURITY_MIRROR`]],
    ['decant.yaml', config.securityMirror],
  ]);
  return { main, security: security ?? securityBeside(main) };
}

function firstAddress(places: readonly (readonly [string, string | undefined])[]): string | undefined {
  const [from, text] = places.find(([, value]) => value !== undefined && value !== '') ?? [];
  return from === undefined || text === undefined ? undefined : mirrorAddress(text, from);
}

/**
 * The usual layout: `…/debian` has `…/debian-security` beside it, on snapshots with the time after both. A mirror of
 * another form (Ubuntu's) has its security suites in itself.
 */
export function securityBeside(uri: string): string {
  return uri.replace(/\/debian(?=\/[0-9TZ]+$|$)/, '/debian-security');
}

function isSecurity(suite: string): boolean {
  return /-security$|\/updates$/.test(suite);
}

interface HostRelease {
  readonly codename?: string | undefined;
  /** What it is, and what it is like; Debian where it does not say. */
  readonly distributions: readonly string[];
}

/** `VERSION_CODENAME`, `ID` and `ID_LIKE` of os-release(5). */
function hostRelease(root: string): HostRelease {
  for (const file of ['etc/os-release', 'usr/lib/os-release']) {
    try {
      const text = readFileSync(join(root, file), 'utf8');
      const value = (name: string): string | undefined =>
        new RegExp(`^${name}="?([a-z ]+)"?$`, 'm').exec(text)?.[1];
      const distributions = [value('ID'), ...(value('ID_LIKE')?.split(' ') ?? [])].filter(
        (name) => name !== undefined,
      );
      return { codename: value('VERSION_CODENAME'), distributions };
    } catch {
      // The next one, then.
    }
  }
  return { distributions: ['debian'] };
}

function unknown(suite: string, distribution: Distribution): DecantError {
  return new DecantError('MIRROR_UNKNOWN', `no mirror is known that could have the suite ${suite}`, {
    hint: `name one with --mirror, DECANT_${distribution.toUpperCase()}_MIRROR or in decant.yaml: the address of the folder that has dists/`,
  });
}
