/**
 * Small records by key: what a build step gave, which content key some files have. A record is one file with a
 * checksum; one that is torn, foreign or unreadable is a miss. Records are not fsynced: after a power failure they are
 * misses as well, and a build of thirty steps does not wait sixty times for the disk.
 *
 * `cache/<kind>/<first 2 hex digits>/<62 more>`, the digits being the sha256 of the key.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, futimesSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { dirname } from 'node:path';

import { storeError, removeFile, writeFileAtomic } from './files.ts';
import type { StoreLayout } from './layout.ts';
import type { TemporaryFolders } from './tmp.ts';

export interface CacheRefs {
  /** Digests of blobs that the record is worthless without. */
  readonly blobs?: readonly string[];
  /** Ids of layers that the record is worthless without. */
  readonly layers?: readonly string[];
}

export interface CacheRecord {
  readonly kind: string;
  readonly key: string;
  readonly value: unknown;
  readonly refs: CacheRefs;
  /** Instead of a value, what is packed too closely for JSON. */
  readonly bytes?: Buffer;
}

export interface Cache {
  /** The value, or undefined. Whether what it refers to is still there is for the caller to look at. */
  readonly get: (kind: string, key: string) => Promise<unknown>;
  readonly getSync: (kind: string, key: string) => unknown;
  /** Replaces the record. `kind` is a short lower-case word, the same for all records of one sort. */
  readonly put: (kind: string, key: string, value: unknown, refs?: CacheRefs) => Promise<void>;
  /** The bytes of a record that has those. They are the caller's. */
  readonly getBytes: (kind: string, key: string) => Buffer | undefined;
  /** As `put`, of bytes in pieces, which are written as they are. */
  readonly putBytes: (kind: string, key: string, pieces: readonly Uint8Array[]) => Promise<void>;
  readonly remove: (kind: string, key: string) => Promise<boolean>;
  /** How many records were there and did not read since the store was opened: each of them was a miss. */
  readonly damaged: () => number;
  /** Every record file there is, readable or not, for garbage collection. */
  readonly entries: () => Iterable<CacheEntry>;
}

export interface CacheEntry {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** When it was last used (to the hour), milliseconds since the epoch. */
  readonly usedMs: number;
  readonly record: CacheRecord | undefined;
}

/** A record larger than this was not written by us. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;
/** Last use is kept as the file's mtime, and written at most this often. */
const TOUCH_INTERVAL_MS = 60 * 60 * 1000;
const KIND = /^[a-z][a-z0-9-]{0,31}$/;
const CHECKSUM_LENGTH = 64;
const NEWLINE = 10;

export function cacheOf(layout: StoreLayout, tmp: TemporaryFolders): Cache {
  const folder = layout.path('cache');
  const pathOf = (kind: string, key: string): string => {
    if (!KIND.test(kind)) throw new TypeError(`cache kind ${JSON.stringify(kind)}`);
    const hex = sha256Hex(key);
    return `${folder}/${kind}/${hex.slice(0, 2)}/${hex.slice(2)}`;
  };
  let damaged = 0;
  const read = (kind: string, key: string): CacheRecord | undefined => {
    const entry = readEntry(pathOf(kind, key), true);
    const record = entry?.record;
    if (entry && !record) damaged += 1;
    return record?.kind === kind && record.key === key ? record : undefined;
  };
  const write = async (record: CacheRecord, pieces?: readonly Uint8Array[]): Promise<void> => {
    await Promise.resolve();
    layout.ensure();
    const path = pathOf(record.kind, record.key);
    const encoded = encodeRecord(record, pieces);
    makeFolder(dirname(path));
    writeFileAtomic(path, encoded, tmp.pathSync(), { durable: false });
  };
  return {
    damaged: () => damaged,
    getSync: (kind, key) => read(kind, key)?.value,
    get: (kind, key) => Promise.resolve().then(() => read(kind, key)?.value),
    put: (kind, key, value, refs = {}) => write({ kind, key, value, refs }),
    getBytes: (kind, key) => read(kind, key)?.bytes,
    putBytes: (kind, key, pieces) => write({ kind, key, value: null, refs: {} }, pieces),
    remove: (kind, key) => Promise.resolve().then(() => removeFile(pathOf(kind, key))),
    *entries() {
      for (const kind of list(folder)) {
        for (const shard of list(`${folder}/${kind}`)) {
          for (const name of list(`${folder}/${kind}/${shard}`)) {
            const entry = readEntry(`${folder}/${kind}/${shard}/${name}`, false);
            if (entry) yield entry;
          }
        }
      }
    },
  };
}

function readEntry(path: string, touch: boolean): CacheEntry | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const { size, mtimeMs, mode } = fstatSync(fd);
    if ((mode & 0o170000) !== 0o100000) return undefined;
    const record = size > MAX_RECORD_BYTES ? undefined : decodeRecord(readFileSync(fd));
    const now = Date.now();
    if (touch && record && Math.abs(now - mtimeMs) > TOUCH_INTERVAL_MS) touchFile(fd, now);
    return { path, size, usedMs: mtimeMs, record };
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** Checksum, newline, JSON; and where there are bytes, another newline and these. JSON has no newline of its own. */
function encodeRecord(record: CacheRecord, bytes?: readonly Uint8Array[]): readonly Uint8Array[] {
  const body = [Buffer.from(JSON.stringify(record)), ...(bytes ? [Buffer.of(NEWLINE), ...bytes] : [])];
  const checksum = createHash('sha256');
  for (const piece of body) checksum.update(piece);
  return [Buffer.from(`${checksum.digest('hex')}\n`), ...body];
}

function decodeRecord(file: Buffer): CacheRecord | undefined {
  const body = file.subarray(CHECKSUM_LENGTH + 1);
  if (file.toString('latin1', 0, CHECKSUM_LENGTH) !== sha256Hex(body)) return undefined;
  const end = body.indexOf(NEWLINE);
  // The checksum is the record's own: with it right, this is what `encodeRecord` wrote.
  const record = JSON.parse(body.toString('utf8', 0, end < 0 ? body.length : end)) as CacheRecord;
  return end < 0 ? record : { ...record, bytes: body.subarray(end + 1) };
}

function touchFile(fd: number, now: number): void {
  try {
    futimesSync(fd, now / 1000, now / 1000);
  } catch {
    // A store that may only be read is still one to read from.
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw storeError(error, path);
  }
}

function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function list(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
