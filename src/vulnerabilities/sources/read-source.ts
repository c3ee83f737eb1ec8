/**
 * A file of advisories, in whichever form it comes: one record of OSV, a list of them, a zip of files with one each (what
 * OSV publishes for an ecosystem), or Debian's security tracker; compressed or not.
 */
import { decompress, detectCompression } from '../../codec/compression.ts';
import { collect, streamOf } from '../../codec/stream.ts';
import { isZip, readZip, unzip } from '../../codec/zip.ts';
import { DecantError } from '../../errors.ts';
import type { KeyedAdvisory } from '../advisory.ts';
import { isDebianTracker, trackerAdvisories } from './debian-tracker.ts';
import { isOsvRecord, osvAdvisories } from './osv.ts';

export type SourceKind = 'osv' | 'debian-tracker';

export interface ReadSource {
  readonly kind: SourceKind;
  readonly advisories: Iterable<KeyedAdvisory>;
}

/** The largest there is (npm's, with what is malicious) has a third of it. */
const MAX_BYTES = 1024 * 1024 * 1024;
const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** @param name The file's, for messages. @throws DecantError ADVISORIES_INVALID, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE */
export async function readSource(bytes: Buffer, name: string): Promise<ReadSource> {
  if (isZip(bytes)) return { kind: 'osv', advisories: zipAdvisories(bytes, name) };
  const compression = detectCompression(bytes);
  const plain =
    compression === 'none'
      ? bytes
      : await collect(decompress(streamOf(bytes), compression, { name, maxBytes: MAX_BYTES }));
  const json = parsed(plain, name);
  if (isOsvRecord(json)) return { kind: 'osv', advisories: osvAdvisories(json) };
  if (Array.isArray(json)) return { kind: 'osv', advisories: listAdvisories(json, name) };
  if (isDebianTracker(json)) return { kind: 'debian-tracker', advisories: trackerAdvisories(json) };
  throw invalid(name, "it is neither a record of OSV nor Debian's security tracker");
}

function* zipAdvisories(bytes: Buffer, name: string): Generator<KeyedAdvisory> {
  for (const entry of readZip(bytes, name)) {
    if (!entry.name.endsWith('.json')) continue;
    const what = `${name}: ${entry.name}`;
    const record = parsed(unzip(bytes, entry, MAX_RECORD_BYTES, name), what);
    if (!isOsvRecord(record)) {
      // Records without packages are about commits alone.
      if (typeof record === 'object' && record !== null && 'id' in record) continue;
      throw invalid(what, 'it is no record of OSV');
    }
    yield* osvAdvisories(record);
  }
}

function* listAdvisories(list: readonly unknown[], name: string): Generator<KeyedAdvisory> {
  for (const [index, record] of list.entries()) {
    if (!isOsvRecord(record)) throw invalid(name, `entry ${index + 1} is no record of OSV`);
    yield* osvAdvisories(record);
  }
}

function parsed(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')) as unknown;
  } catch (error) {
    throw invalid(name, 'it is not JSON', error);
  }
}

function invalid(name: string, why: string, cause?: unknown): DecantError {
  return new DecantError('ADVISORIES_INVALID', `${name} has no advisories: ${why}`, {
    cause,
    hint: "give a record of OSV, a list or a zip of such records, or the JSON of Debian's security tracker",
  });
}
