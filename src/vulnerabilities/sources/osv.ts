/**
 * Records in the OSV format (OSV Schema 1.7). What a scan does not need is dropped: details, references, credits, ranges
 * of commits, and lists of versions where ranges say the same.
 */
import type { Advisory, AdvisoryRange, KeyedAdvisory } from '../advisory.ts';
import { ratingOf } from './severity.ts';

type Json = Readonly<Record<string, unknown>>;

export function isOsvRecord(value: unknown): value is Json {
  return isObject(value) && typeof value['id'] === 'string' && Array.isArray(value['affected']);
}

/** One for each package that a record is about; none for one that was withdrawn. */
export function osvAdvisories(record: Json): readonly KeyedAdvisory[] {
  const { id, withdrawn } = record;
  if (typeof id !== 'string' || withdrawn !== undefined) return [];
  const aliases = [...texts(record['aliases']), ...texts(record['upstream'])].filter((one) => one !== id);
  const summary = typeof record['summary'] === 'string' ? shortened(record['summary']) : undefined;
  return objects(record['affected']).flatMap((affected) => {
    const package_ = affected['package'];
    if (!isObject(package_)) return [];
    const { ecosystem, name } = package_;
    if (typeof ecosystem !== 'string' || typeof name !== 'string' || name === '') return [];
    const ranges = rangesOf(affected['ranges']);
    const versions = ranges.length > 0 ? [] : texts(affected['versions']);
    if (ranges.length === 0 && versions.length === 0) return [];
    const advisory: Advisory = {
      id,
      aliases: [...new Set(aliases)],
      ...(summary !== undefined && summary !== '' && { summary }),
      ...ratingOf(vectorsOf(record, affected), wordsOf(record, affected)),
      ranges,
      ...(versions.length > 0 && { versions }),
    };
    return [{ ecosystem, name, advisory }];
  });
}

const MAX_SUMMARY = 200;

export function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length <= MAX_SUMMARY ? line : `${line.slice(0, MAX_SUMMARY - 1)}…`;
}

/** Those of a package stand over those of the record. */
function vectorsOf(record: Json, affected: Json): readonly string[] {
  const own = objects(affected['severity']);
  const all = own.length > 0 ? own : objects(record['severity']);
  return all.flatMap(({ score }) => (typeof score === 'string' ? [score] : []));
}

function wordsOf(record: Json, affected: Json): readonly string[] {
  return [affected['ecosystem_specific'], affected['database_specific'], record['database_specific']]
    .filter(isObject)
    .flatMap((one) => [one['severity'], one['urgency']])
    .filter((word): word is string => typeof word === 'string');
}

function rangesOf(value: unknown): readonly AdvisoryRange[] {
  return objects(value).flatMap((range) => {
    const events = range['type'] === 'GIT' ? [] : objects(range['events']);
    const of = (kind: string): readonly string[] =>
      events.flatMap((event) => (typeof event[kind] === 'string' ? [event[kind]] : []));
    const [introduced, fixed, lastAffected] = [of('introduced'), of('fixed'), of('last_affected')];
    if (introduced.length === 0) return [];
    return [
      {
        introduced,
        ...(fixed.length > 0 && { fixed }),
        ...(lastAffected.length > 0 && { lastAffected }),
      },
    ];
  });
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as readonly unknown[]).filter(isObject) : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value)
    ? (value as readonly unknown[]).filter((one): one is string => typeof one === 'string')
    : [];
}
