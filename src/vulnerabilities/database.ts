/**
 * Advisories on the disk, as scans want them: a file for each source, in which all that is known of a package stands
 * together and is found by a search in a sorted index. Nothing of it is read but the index and the packages asked for.
 *
 * The file: a line with the magic; the advisories of each package as one JSON text; the index, a line for each package,
 * sorted by bytes: `ecosystem NUL name NUL offset NUL length`; the description as one line of JSON; and a last line of
 * 40 digits, where index and description begin.
 */
import {
  closeSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DecantError, systemCode } from '../errors.ts';
import { makeFolder, storeError } from '../store/files.ts';
import type { Store } from '../store/store.ts';
import type { Advisory, KeyedAdvisory } from './advisory.ts';
import type { SourceKind } from './sources/read-source.ts';

const FOLDER = 'advisories';
const SUFFIX = '.db';
const MAGIC = 'decant advisories 1\n';
const END_BYTES = 41;
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export interface SourceDescription {
  /** What it is called here: importing one of the same name replaces it. */
  readonly name: string;
  readonly kind: SourceKind;
  /** Where it was fetched from, credentials left out. */
  readonly url?: string;
  readonly etag?: string;
  readonly lastModified?: string;
  /** RFC 3339: when it was imported. */
  readonly imported: string;
  readonly packages: number;
  readonly advisories: number;
}

export interface Database {
  readonly sources: readonly SourceDescription[];
  /** Of all sources. The name is Debian's and Alpine's source package. */
  readonly advisories: (ecosystem: string, name: string) => readonly Advisory[];
  /** Whether any source has anything on an ecosystem. */
  readonly covers: (ecosystem: string) => boolean;
  readonly close: () => void;
}

export function isSourceName(text: string): boolean {
  return NAME.test(text);
}

export type NewSource = Omit<SourceDescription, 'packages' | 'advisories'>;

/** Replaces the source of that name. */
export async function writeSource(
  store: Store,
  source: NewSource,
  advisories: Iterable<KeyedAdvisory>,
): Promise<SourceDescription> {
  const byKey = new Map<string, Advisory[]>();
  let count = 0;
  for (const { ecosystem, name, advisory } of advisories) {
    if (/[\0\n]/.test(ecosystem + name)) continue;
    const key = `${ecosystem}\0${name}`;
    const known = byKey.get(key);
    if (known) known.push(advisory);
    else byKey.set(key, [advisory]);
    count += 1;
  }
  const description: SourceDescription = { ...source, packages: byKey.size, advisories: count };
  const folder = join(store.root, FOLDER);
  const temporary = await store.tmp.path();
  try {
    makeFolder(folder);
    const file = openSync(temporary, 'wx', 0o644);
    try {
      writeDatabase(file, byKey, description);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, join(folder, source.name + SUFFIX));
  } catch (error) {
    throw storeError(error, folder);
  }
  return description;
}

function writeDatabase(
  file: number,
  byKey: ReadonlyMap<string, readonly Advisory[]>,
  description: SourceDescription,
): void {
  let offset = 0;
  let pending: Buffer[] = [];
  let size = 0;
  const flush = (): void => {
    const bytes = Buffer.concat(pending, size);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    pending = [];
    size = 0;
  };
  const write = (text: string): number => {
    const bytes = Buffer.from(text);
    pending.push(bytes);
    size += bytes.length;
    offset += bytes.length;
    if (size > 1024 * 1024) flush();
    return bytes.length;
  };
  write(MAGIC);
  const index: string[] = [];
  const keys = [...byKey.keys()].map((key) => [Buffer.from(key), key] as const);
  for (const [, key] of keys.sort(([a], [b]) => Buffer.compare(a, b))) {
    const start = offset;
    const length = write(JSON.stringify(byKey.get(key)));
    index.push(`${key}\0${start}\0${length}\n`);
  }
  const indexAt = offset;
  for (const line of index) write(line);
  const descriptionAt = offset;
  write(`${JSON.stringify(description)}\n`);
  write(`${indexAt.toString().padStart(20, '0')}${descriptionAt.toString().padStart(20, '0')}\n`);
  flush();
}

/** All sources of a store. Without any, nothing is known and nothing is found. */
export function openDatabase(store: Store): Database {
  const folder = join(store.root, FOLDER);
  const files = databaseFiles(folder).map((name) => openSource(join(folder, name)));
  return {
    sources: files.map(({ description }) => description),
    advisories: (ecosystem, name) => files.flatMap((file) => file.advisories(ecosystem, name)),
    covers: (ecosystem) => files.some((file) => file.covers(ecosystem)),
    close: () => {
      for (const file of files) file.close();
    },
  };
}

/** Whether there was one. */
export function removeSource(store: Store, name: string): boolean {
  try {
    unlinkSync(join(store.root, FOLDER, name + SUFFIX));
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw storeError(error, join(store.root, FOLDER));
  }
}

function databaseFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(SUFFIX) && isSourceName(name.slice(0, -SUFFIX.length)))
      .sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw storeError(error, folder);
  }
}

interface OpenedSource {
  readonly description: SourceDescription;
  readonly advisories: Database['advisories'];
  readonly covers: Database['covers'];
  readonly close: () => void;
}

function openSource(path: string): OpenedSource {
  const file = openSync(path, 'r');
  const read = (offset: number, length: number): Buffer => {
    const bytes = Buffer.alloc(length);
    for (let at = 0; at < length;) {
      const count = readSync(file, bytes, at, length - at, offset + at);
      if (count === 0) throw damaged(path);
      at += count;
    }
    return bytes;
  };
  try {
    const { size } = statSync(path);
    if (size < MAGIC.length + END_BYTES || read(0, MAGIC.length).toString() !== MAGIC) throw damaged(path);
    const end = read(size - END_BYTES, END_BYTES).toString();
    const [indexAt, descriptionAt] = [Number(end.slice(0, 20)), Number(end.slice(20, 40))];
    if (!(indexAt <= descriptionAt && descriptionAt < size)) throw damaged(path);
    const description = parsed(
      read(descriptionAt, size - END_BYTES - descriptionAt),
      path,
    ) as SourceDescription;
    let loaded: Buffer | undefined;
    const index = (): Buffer => (loaded ??= read(indexAt, descriptionAt - indexAt));
    return {
      description,
      advisories: (ecosystem, name) => {
        const place = find(index(), Buffer.from(`${ecosystem}\0${name}\0`));
        return place ? (parsed(read(place.offset, place.length), path) as readonly Advisory[]) : [];
      },
      covers: (ecosystem) => find(index(), Buffer.from(`${ecosystem}\0`)) !== undefined,
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

const LINE_FEED = 0x0a;

/** A search by halves: each step looks at the line that the middle byte is in. */
function find(index: Buffer, key: Buffer): { readonly offset: number; readonly length: number } | undefined {
  let low = 0;
  let high = index.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const start = middle === 0 ? 0 : index.lastIndexOf(LINE_FEED, middle - 1) + 1;
    const end = index.indexOf(LINE_FEED, start);
    const order = Buffer.compare(index.subarray(start, Math.min(start + key.length, end)), key);
    if (order === 0) {
      const [offset, length] = index
        .toString('latin1', start + key.length, end)
        .split('\0')
        .map(Number);
      return { offset: offset ?? 0, length: length ?? 0 };
    }
    if (order < 0) low = end + 1;
    else high = start;
  }
  return undefined;
}

function parsed(bytes: Buffer, path: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown;
  } catch {
    throw damaged(path);
  }
}

function damaged(path: string): DecantError {
  return new DecantError('STORE_DAMAGED', `the advisories in ${path} cannot be read`, {
    hint: 'import them again with `decant db import` or `decant db update`',
  });
}
