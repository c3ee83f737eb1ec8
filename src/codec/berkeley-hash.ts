/**
 * The records of a hash table of Berkeley DB (its `db_page.h`), for files that are only read: no log is looked at. Every
 * page is looked at once instead of bucket after bucket, since pages that are out of use say so.
 */
import { DecantError } from '../errors.ts';

const MAGIC = 0x061561;
const OLDEST = 7;
const NEWEST = 10;
const META = { magic: 12, version: 16, pageBytes: 20, encryption: 24, type: 25, flags: 26, lastPage: 32 };
const PAGE = { next: 16, count: 20, bytes: 22, type: 25, items: 26 };
const HASH_META = 8;
const HASH_PAGES = new Set([2, 13]);
const OVERFLOW_PAGE = 7;
const ITEM = { inline: 1, elsewhere: 3 };
const MAX_PAGE_BYTES = 65_536;

export interface BerkeleyRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** In the order of the pages, which is none. @throws DecantError ARCHIVE_INVALID */
export function* berkeleyRecords(file: Buffer, name: string): Generator<BerkeleyRecord> {
  try {
    yield* recordsOf(file);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DecantError(
      'ARCHIVE_INVALID',
      `${name} is no hash table of Berkeley DB, or it is damaged: ${error.message}`,
      { cause: error },
    );
  }
}

function* recordsOf(file: Buffer): Generator<BerkeleyRecord> {
  const { u16, u32 } = numbersOf(file);
  const pageBytes = u32(file, META.pageBytes);
  const version = u32(file, META.version);
  if (file.readUInt8(META.type) !== HASH_META || version < OLDEST || version > NEWEST)
    throw new RangeError('it is of another kind or version');
  if (pageBytes < 512 || pageBytes > MAX_PAGE_BYTES || (pageBytes & (pageBytes - 1)) !== 0)
    throw new RangeError('its pages have no size that is possible');
  // Either makes the header of every page longer.
  if (file.readUInt8(META.encryption) !== 0 || (file.readUInt8(META.flags) & 1) !== 0)
    throw new RangeError('its pages are encrypted or have checksums');
  const page = (number: number): Buffer => {
    const start = number * pageBytes;
    if (start + pageBytes > file.length) throw new RangeError('a page is missing');
    return file.subarray(start, start + pageBytes);
  };
  // An honest table needs each overflow page once.
  let overflowsLeft = Math.floor(file.length / pageBytes);

  /** What does not fit among the items of a page goes on in a chain of pages. */
  const overflow = (first: number, size: number): Buffer => {
    if (size > file.length) throw new RangeError('a value is larger than the file');
    const parts: Buffer[] = [];
    let number = first;
    for (let left = size; left > 0;) {
      const bytes = page(number);
      const here = u16(bytes, PAGE.bytes);
      if (bytes.readUInt8(PAGE.type) !== OVERFLOW_PAGE || here === 0 || here > pageBytes - PAGE.items)
        throw new RangeError('a value leads to a page that is none of its');
      if (overflowsLeft-- === 0) throw new RangeError('values share pages');
      const part = bytes.subarray(PAGE.items, PAGE.items + Math.min(here, left));
      parts.push(part);
      left -= part.length;
      number = u32(bytes, PAGE.next);
    }
    return Buffer.concat(parts);
  };

  /** Items lie from the end of the page to its front, each with its kind before it. Undefined for lists of duplicates. */
  const itemOf = (bytes: Buffer, index: number): Buffer | undefined => {
    const start = u16(bytes, PAGE.items + 2 * index);
    const end = index === 0 ? pageBytes : u16(bytes, PAGE.items + 2 * index - 2);
    if (start < PAGE.items || start >= end) throw new RangeError('an item leads out of its page');
    const kind = bytes.readUInt8(start);
    if (kind === ITEM.inline) return bytes.subarray(start + 1, end);
    return kind === ITEM.elsewhere ? overflow(u32(bytes, start + 4), u32(bytes, start + 8)) : undefined;
  };

  for (let number = 1; number <= u32(file, META.lastPage); number++) {
    const bytes = page(number);
    if (!HASH_PAGES.has(bytes.readUInt8(PAGE.type))) continue;
    for (let index = 0; index + 1 < u16(bytes, PAGE.count); index += 2) {
      const [key, value] = [itemOf(bytes, index), itemOf(bytes, index + 1)];
      if (key && value) yield { key, value };
    }
  }
}

/** The file is in the byte order of the machine that made it. */
function numbersOf(file: Buffer) {
  if (file.readUInt32LE(META.magic) === MAGIC)
    return {
      u16: (bytes: Buffer, at: number): number => bytes.readUInt16LE(at),
      u32: (bytes: Buffer, at: number): number => bytes.readUInt32LE(at),
    };
  if (file.readUInt32BE(META.magic) !== MAGIC) throw new RangeError('it has another beginning');
  return {
    u16: (bytes: Buffer, at: number): number => bytes.readUInt16BE(at),
    u32: (bytes: Buffer, at: number): number => bytes.readUInt32BE(at),
  };
}
