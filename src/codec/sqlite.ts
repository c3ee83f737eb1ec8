/**
 * The rows of a table in an SQLite file (SQLite, "Database File Format"), for files that are only read: no journal and no
 * write-ahead log is looked at. Values are those that a record stores; the row's own number is not among them.
 */
import { DecantError } from '../errors.ts';

export type SqliteValue = number | string | Buffer | null;

const MAGIC = 'SQLite format 3\0';
const MAX_DEPTH = 20;
const MAX_PAGES = 4_000_000;
const LEAF = 0x0d;
const INNER = 0x05;

export function isSqlite(start: Buffer): boolean {
  return start.toString('latin1', 0, MAGIC.length) === MAGIC;
}

/** In the order of their numbers; none where there is no such table. @throws DecantError ARCHIVE_INVALID */
export function* sqliteRows(file: Buffer, table: string, name: string): Generator<readonly SqliteValue[]> {
  try {
    if (!isSqlite(file)) throw new RangeError('it has another beginning');
    const database = openPages(file);
    for (const [type, , itsName, root] of database.rows(1)) {
      if (type === 'table' && itsName === table && typeof root === 'number') yield* database.rows(root);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DecantError('ARCHIVE_INVALID', `${name} is no SQLite database, or it is damaged`, {
      cause: error,
    });
  }
}

function openPages(file: Buffer) {
  const stored = file.readUInt16BE(16);
  const pageBytes = stored === 1 ? 65_536 : stored;
  const usable = pageBytes - file.readUInt8(20);
  if (pageBytes < 512 || usable < 480) throw new RangeError('the pages are too small');
  let left = MAX_PAGES;
  const page = (number: number): Buffer => {
    // Pages that lead to each other in a circle end here.
    if (left-- === 0) throw new RangeError('too many pages');
    const start = (number - 1) * pageBytes;
    if (number < 1 || start + pageBytes > file.length) throw new RangeError('a page is missing');
    return file.subarray(start, start + pageBytes);
  };

  /** What does not fit on the leaf goes on in a chain of pages ("overflow"). */
  const payload = (bytes: Buffer, at: number, size: number): Buffer => {
    if (size > file.length) throw new RangeError('a record is larger than the file');
    const most = usable - 35;
    if (size <= most) return bytes.subarray(at, at + size);
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    const here = least + ((size - least) % (usable - 4));
    const local = here <= most ? here : least;
    const parts = [bytes.subarray(at, at + local)];
    let next = bytes.readUInt32BE(at + local);
    for (let rest = size - local; rest > 0; rest -= usable - 4) {
      const more = page(next);
      parts.push(more.subarray(4, 4 + Math.min(rest, usable - 4)));
      next = more.readUInt32BE(0);
    }
    return Buffer.concat(parts);
  };

  function* rows(number: number, depth = 0): Generator<readonly SqliteValue[]> {
    if (depth > MAX_DEPTH) throw new RangeError('the tree is too deep');
    const bytes = page(number);
    const header = number === 1 ? 100 : 0;
    const kind = bytes.readUInt8(header);
    if (kind !== LEAF && kind !== INNER) throw new RangeError('a page is of another kind');
    const cells = header + (kind === LEAF ? 8 : 12);
    for (let index = 0; index < bytes.readUInt16BE(header + 3); index++) {
      const at = bytes.readUInt16BE(cells + 2 * index);
      if (kind === INNER) {
        yield* rows(bytes.readUInt32BE(at), depth + 1);
        continue;
      }
      const [size, afterSize] = varint(bytes, at);
      const [, start] = varint(bytes, afterSize);
      yield recordOf(payload(bytes, start, size));
    }
    if (kind === INNER) yield* rows(bytes.readUInt32BE(header + 8), depth + 1);
  }
  return { rows };
}

/** Up to nine bytes, the highest bits first. What is larger than a double is exact is larger than any file. */
function varint(bytes: Buffer, at: number): readonly [value: number, after: number] {
  let value = 0;
  for (let index = 0; index < 8; index++) {
    const byte = bytes.readUInt8(at + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return [value, at + index + 1];
  }
  return [value * 256 + bytes.readUInt8(at + 8), at + 9];
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];

function recordOf(record: Buffer): readonly SqliteValue[] {
  const [headerBytes, first] = varint(record, 0);
  const values: SqliteValue[] = [];
  let at = headerBytes;
  for (let position = first; position < headerBytes;) {
    const [type, after] = varint(record, position);
    position = after;
    const [value, size] = valueOf(record, at, type);
    values.push(value);
    at += size;
  }
  return values;
}

function valueOf(record: Buffer, at: number, type: number): readonly [SqliteValue, number] {
  if (type === 0) return [null, 0];
  if (type === 8 || type === 9) return [type - 8, 0];
  if (type === 7) return [record.readDoubleBE(at), 8];
  const bytes = INTEGER_BYTES[type];
  if (bytes === 8) return [Number(record.readBigInt64BE(at)), 8];
  if (bytes !== undefined) return [record.readIntBE(at, bytes), bytes];
  const size = Math.floor((type - 12) / 2);
  if (type < 12 || at + size > record.length) throw new RangeError('a value leads out of its record');
  const value = record.subarray(at, at + size);
  return [type % 2 === 0 ? value : value.toString('utf8'), size];
}
