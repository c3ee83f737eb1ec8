/**
 * Reads zip archives (PKWARE APPNOTE 6.3, with Zip64): jars, wheels. What counts is the central directory at the end,
 * as for the programs that load from such archives; local headers only say where an entry's data begins. The archive
 * is in memory, entries are unpacked one at a time.
 */
import { crc32, inflateRawSync } from 'node:zlib';
import { DecantError } from '../errors.ts';
import { toBuffer } from './stream.ts';

export interface ZipEntry {
  /** As written, with `/` between components; nothing is said about where it leads. Directories end in `/`. */
  readonly name: string;
  /** Bytes in the archive, and unpacked. */
  readonly packedSize: number;
  readonly size: number;
  /** 0 is stored, 8 is deflated. Others are not read. */
  readonly method: number;
  readonly encrypted: boolean;
  readonly crc: number;
  /** Where its local header is in the archive. */
  readonly at: number;
}

const END = 0x0605_4b50;
const END_64 = 0x0606_4b50;
const LOCATOR_64 = 0x0706_4b50;
const CENTRAL = 0x0201_4b50;
const LOCAL = 0x0403_4b50;
const END_BYTES = 22;
const CENTRAL_BYTES = 46;
const LOCAL_BYTES = 30;
const MAX_COMMENT = 65_535;
/** The largest jars have a tenth of it. */
const MAX_ENTRIES = 1_000_000;
const UNKNOWN_16 = 0xffff;
const UNKNOWN_32 = 0xffff_ffff;

/** Whether these are the first bytes of a zip archive that has entries. */
export function isZip(start: Uint8Array): boolean {
  return start[0] === 0x50 && start[1] === 0x4b && start[2] === 0x03 && start[3] === 0x04;
}

/** The entries in the directory's order. `name` is what the archive is called in errors. Throws ARCHIVE_INVALID. */
export function readZip(archive: Uint8Array, name: string): readonly ZipEntry[] {
  const bytes = toBuffer(archive);
  const { count, start, size, shift } = endOf(bytes, name);
  if (count > MAX_ENTRIES) throw invalid(name, `it claims ${count} entries`);
  const entries: ZipEntry[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    if (at + CENTRAL_BYTES > start + size || bytes.readUInt32LE(at) !== CENTRAL)
      throw invalid(name, `its directory ends after ${index} of ${count} entries`);
    const nameBytes = bytes.readUInt16LE(at + 28);
    const extraBytes = bytes.readUInt16LE(at + 30);
    const next = at + CENTRAL_BYTES + nameBytes + extraBytes + bytes.readUInt16LE(at + 32);
    if (next > start + size) throw invalid(name, 'an entry leads out of its directory');
    const nameAt = at + CENTRAL_BYTES;
    const [unpacked, packed, offset] = wide(
      bytes.subarray(nameAt + nameBytes, nameAt + nameBytes + extraBytes),
      [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)],
      name,
    );
    entries.push({
      name: bytes.toString('utf8', nameAt, nameAt + nameBytes),
      packedSize: packed,
      size: unpacked,
      method: bytes.readUInt16LE(at + 10),
      encrypted: (bytes.readUInt16LE(at + 8) & 1) !== 0,
      crc: bytes.readUInt32LE(at + 16),
      at: offset + shift,
    });
    at = next;
  }
  return entries;
}

/**
 * An entry's bytes, checked against its size and its CRC. `maxBytes` bounds what comes out.
 *
 * @throws DecantError ARCHIVE_INVALID, ARCHIVE_TOO_LARGE
 */
export function unzip(archive: Uint8Array, entry: ZipEntry, maxBytes: number, name: string): Buffer {
  const bytes = toBuffer(archive);
  const { at, packedSize, size, method, encrypted, crc } = entry;
  const what = `${name}: ${JSON.stringify(entry.name.slice(0, 200))}`;
  if (encrypted) throw invalid(what, 'it is encrypted');
  if (method !== 0 && method !== 8) throw invalid(what, `it is packed in a way unknown (${method})`);
  if (size > maxBytes)
    throw new DecantError(
      'ARCHIVE_TOO_LARGE',
      `${what} has ${size} bytes, more than the ${maxBytes} allowed`,
    );
  if (at < 0 || at + LOCAL_BYTES > bytes.length || bytes.readUInt32LE(at) !== LOCAL)
    throw invalid(what, 'there is nothing where the directory says it is');
  const start = at + LOCAL_BYTES + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
  if (start + packedSize > bytes.length) throw invalid(what, 'it leads out of the archive');
  const packed = bytes.subarray(start, start + packedSize);
  const unpacked = method === 0 ? packed : inflated(packed, size, what);
  if (unpacked.length !== size || crc32(unpacked) !== crc) throw invalid(what, 'its data is damaged');
  return unpacked;
}

function inflated(packed: Buffer, size: number, what: string): Buffer {
  try {
    // One byte more tells an entry that is larger than it says.
    return inflateRawSync(packed, { maxOutputLength: size + 1 });
  } catch (error) {
    throw invalid(what, 'its data is damaged', error);
  }
}

interface End {
  readonly count: number;
  /** Where the directory is, and its bytes. */
  readonly start: number;
  readonly size: number;
  /** What stands in front of the archive, as the script of a jar that starts itself: offsets do not count it. */
  readonly shift: number;
}

/** The end record is found from behind: a comment may follow it, whose length it says. */
function endOf(bytes: Buffer, name: string): End {
  const first = Math.max(0, bytes.length - END_BYTES - MAX_COMMENT);
  for (let at = bytes.length - END_BYTES; at >= first; at--) {
    if (bytes.readUInt32LE(at) !== END || at + END_BYTES + bytes.readUInt16LE(at + 20) !== bytes.length)
      continue;
    const count = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 12);
    const offset = bytes.readUInt32LE(at + 16);
    const wideEnd =
      count === UNKNOWN_16 || size === UNKNOWN_32 || offset === UNKNOWN_32 ? wideEndOf(bytes, at, name) : {};
    const end = { count, size, offset, before: at, ...wideEnd };
    const shift = end.before - end.size - end.offset;
    if (shift < 0) throw invalid(name, 'its directory leads out of it');
    return { count: end.count, size: end.size, start: end.offset + shift, shift };
  }
  throw invalid(name, 'it is no zip archive, or it is cut off');
}

/** Numbers that 16 and 32 bits do not hold are in a record of their own, which a locator in front of the end names. */
function wideEndOf(
  bytes: Buffer,
  end: number,
  name: string,
): { count: number; size: number; offset: number; before: number } | Record<string, never> {
  const locator = end - 20;
  if (locator < 0 || bytes.readUInt32LE(locator) !== LOCATOR_64) return {};
  // Searched for right in front of the locator too, since its offset does not count what stands before the archive.
  const told = Number(bytes.readBigUInt64LE(locator + 8));
  const at = [told, locator - 56].find(
    (one) => one >= 0 && one + 56 <= locator && bytes.readUInt32LE(one) === END_64,
  );
  if (at === undefined) throw invalid(name, 'its Zip64 record is missing');
  return {
    count: Number(bytes.readBigUInt64LE(at + 32)),
    size: Number(bytes.readBigUInt64LE(at + 40)),
    offset: Number(bytes.readBigUInt64LE(at + 48)),
    before: at,
  };
}

type Three = readonly [number, number, number];

/** Size, packed size and offset, each from the Zip64 extra field where 32 bits do not hold it. */
function wide(extra: Buffer, values: Three, name: string): Three {
  if (!values.includes(UNKNOWN_32)) return values;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let from = at + 4;
    const end = Math.min(extra.length, from + extra.readUInt16LE(at + 2));
    const take = (value: number): number => {
      if (value !== UNKNOWN_32) return value;
      if (from + 8 > end) throw invalid(name, 'an entry lacks its Zip64 sizes');
      from += 8;
      return Number(extra.readBigUInt64LE(from - 8));
    };
    return [take(values[0]), take(values[1]), take(values[2])];
  }
  return values;
}

function invalid(name: string, why: string, cause?: unknown): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${name}: ${why}`, { cause });
}
