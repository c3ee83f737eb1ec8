/**
 * Reads the compact form of a `Packages` index (see index-format.ts): the tables at once, which takes milliseconds, and
 * records only when they are asked for.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';

import { DecantError } from '../errors.ts';
import { parseControl } from '../codec/control.ts';
import { INDEX_MAGIC, padding, TRAILER_BYTES } from './index-format.ts';
import { packageOf } from './package-fields.ts';
import type { Package } from './package.ts';

export interface IndexReader {
  readonly count: number;
  /** Numbers of the records of a name, the highest version first. */
  readonly named: (name: string) => readonly number[];
  /** Numbers of the records that provide a name. */
  readonly providing: (name: string) => readonly number[];
  readonly names: () => readonly string[];
  /** Throws ARCHIVE_INVALID for a stanza that makes no sense, STORE_DAMAGED. */
  readonly read: (number: number, suite: string) => Package;
}

/** Undefined where the file is missing, of another format, or damaged: it is to be made anew then. */
export function openIndex(path: string): IndexReader | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return readTables(fd, path);
  } finally {
    closeSync(fd);
  }
}

function readTables(fd: number, path: string): IndexReader | undefined {
  const { size } = fstatSync(fd);
  if (size < TRAILER_BYTES) return undefined;
  const trailer = readAt(fd, size - TRAILER_BYTES, TRAILER_BYTES);
  const fact = (index: number): number => trailer.readUInt32LE(index * 4);
  const [recordBytes, count, names, nameBytes] = [fact(0), fact(1), fact(2), fact(3)];
  const [provisions, provided, provisionBytes] = [fact(4), fact(5), fact(6)];
  const dictionarySizes = (keys: number, postings: number, bytes: number): readonly number[] => [
    (keys + 1) * 4,
    (keys + 1) * 4,
    postings * 4,
    bytes,
  ];
  const sizes = [
    (count + 1) * 4,
    count * 4,
    ...dictionarySizes(names, count, nameBytes),
    ...dictionarySizes(provisions, provided, provisionBytes),
  ];
  const start = recordBytes + padding(recordBytes);
  const total = sizes.reduce((sum, part) => sum + part, 0);
  if (fact(7) !== INDEX_MAGIC || start + total + TRAILER_BYTES !== size) return undefined;
  const tables = readAt(fd, start, total);
  if (!createHash('sha256').update(tables).digest().equals(trailer.subarray(32))) return undefined;

  let at = 0;
  const part = (index: number): Buffer => {
    const bytes = tables.subarray(at, at + (sizes[index] ?? 0));
    at += bytes.length;
    return bytes;
  };
  const [offsets, sums] = [words(part(0)), words(part(1))];
  const nameTable = dictionary(words(part(2)), words(part(3)), words(part(4)), part(5));
  const provisionTable = dictionary(words(part(6)), words(part(7)), words(part(8)), part(9));
  return {
    count,
    named: nameTable.find,
    providing: provisionTable.find,
    names: nameTable.keys,
    read: (number, suite) => {
      const from = offsets[number] ?? 0;
      const bytes = readRecord(path, from, (offsets[number + 1] ?? from) - from);
      if (crc32(bytes) !== sums[number]) throw damaged(path);
      return packageOf(parseControl(bytes.toString('utf8'), { name: `package index of ${suite}` }), suite);
    },
  };
}

/** The file is opened each time: a descriptor that stays open would want somebody to close it. */
function readRecord(path: string, from: number, length: number): Buffer {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw damaged(path, error);
  }
  try {
    return readAt(fd, from, length);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = readSync(fd, bytes, done, length - done, from + done);
    if (read === 0) break;
    done += read;
  }
  return bytes;
}

interface Dictionary {
  readonly find: (key: string) => readonly number[];
  readonly keys: () => readonly string[];
}

function dictionary(keyOffsets: Words, postingOffsets: Words, postings: Words, keys: Buffer): Dictionary {
  const count = keyOffsets.length - 1;
  const find = (key: string): readonly number[] => {
    const wanted = Buffer.from(key, 'latin1');
    let low = 0;
    let high = count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const order = keys.compare(wanted, 0, wanted.length, keyOffsets[middle], keyOffsets[middle + 1]);
      if (order === 0) return [...postings.subarray(postingOffsets[middle], postingOffsets[middle + 1])];
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return [];
  };
  return {
    find,
    keys: () => {
      const text = keys.toString('latin1', 0, keyOffsets[count]);
      return Array.from({ length: count }, (_, index) =>
        text.slice(keyOffsets[index], keyOffsets[index + 1]),
      );
    },
  };
}

type Words = Uint32Array;

/** Every machine that runs this program stores the low byte first. */
function words(bytes: Buffer): Words {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function damaged(path: string, cause?: unknown): DecantError {
  return new DecantError('STORE_DAMAGED', `the package index ${path} in the store is damaged`, {
    cause,
    hint: 'remove that file and run the command again: the index is fetched anew',
  });
}
