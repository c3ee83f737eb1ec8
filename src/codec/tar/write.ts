/**
 * Writes tar headers: ustar where the values fit, with a PAX header before it where they do not (POSIX pax utility).
 * The same member gives the same bytes everywhere: sorted keys, no user or group names, no access or change times.
 */
import { DecantError } from '../../errors.ts';
import { encodePath } from '../path.ts';
import { BLOCK_BYTES, checksums, type TarHeader, type TarType } from './header.ts';
import { formatPaxRecords, type PaxRecord, xattrRecord } from './pax.ts';

/** A header to be written: what has no meaning for the type may be left out. */
export type TarHeaderInput = Pick<TarHeader, 'path' | 'type' | 'mode' | 'uid' | 'gid' | 'mtime'> &
  Partial<TarHeader>;

export interface EncodeTarOptions {
  /** Write the fraction of a second too, as a PAX record. Without it times are cut to whole seconds. */
  readonly fractions?: boolean;
}

/** The end of an archive: two zero blocks. */
export const TAR_END: Buffer = Buffer.alloc(BLOCK_BYTES * 2);

const TYPEFLAGS: Readonly<Record<TarType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  char: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};

/** The blocks before the content: one, or the PAX header's blocks and one. Throws ARCHIVE_INVALID. */
export function encodeTarHeader(header: TarHeaderInput, options: EncodeTarOptions = {}): Buffer {
  const directory = header.type === 'directory';
  const path = pathBytes(directory && !header.path.endsWith('/') ? `${header.path}/` : header.path, header);
  const linkname =
    header.type === 'link' || header.type === 'symlink' ? pathBytes(header.linkname ?? '', header) : EMPTY;
  const size = header.type === 'file' ? (header.size ?? 0) : 0;
  const mtime = options.fractions ? header.mtime : Math.floor(header.mtime);
  const device = header.type === 'char' || header.type === 'block';
  check(header, size, device);

  const records: PaxRecord[] = [];
  const record = (key: string, value: Buffer | string): void => {
    records.push({ key, value: Buffer.from(value) });
  };
  // Of Node's pool: memory of its own for each block would be left to the garbage collector.
  const block = Buffer.allocUnsafe(BLOCK_BYTES).fill(0);
  if (!writePath(block, path)) record('path', path);
  if (isAscii(linkname) && linkname.length <= 100) linkname.copy(block, 157);
  else record('linkpath', linkname);
  writeNumber(block, 100, 8, header.mode);
  if (!writeNumber(block, 108, 8, header.uid)) record('uid', String(header.uid));
  if (!writeNumber(block, 116, 8, header.gid)) record('gid', String(header.gid));
  if (!writeNumber(block, 124, 12, size)) record('size', String(size));
  if (!writeNumber(block, 136, 12, mtime)) record('mtime', decimal(mtime));
  block.write(TYPEFLAGS[header.type], 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  if (device) {
    writeNumber(block, 329, 8, header.major ?? 0);
    writeNumber(block, 337, 8, header.minor ?? 0);
  }
  for (const [name, value] of Object.entries(header.xattrs ?? {})) records.push(xattrRecord(name, value));
  seal(block);
  return records.length === 0 ? block : Buffer.concat([paxHeader(records, block), block]);
}

/** Zeros that fill the last block of a content of `size` bytes. */
export function tarPadding(size: number): Buffer {
  return TAR_END.subarray(0, (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}

const EMPTY = Buffer.alloc(0);

/** The PAX header's own fields are fixed, so that they say nothing that its member does not say. */
function paxHeader(records: PaxRecord[], member: Buffer): Buffer {
  const content = formatPaxRecords(
    records.sort((a, b) => Buffer.compare(encodePath(a.key), encodePath(b.key))),
  );
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write('PaxHeaders.0/member', 0, 'latin1');
  for (const at of [100, 108, 116]) writeNumber(block, at, 8, 0);
  writeNumber(block, 124, 12, content.length);
  member.copy(block, 136, 136, 148);
  block.write('x', 156, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  seal(block);
  return Buffer.concat([block, content, tarPadding(content.length)]);
}

/**
 * In the name field, or split at a slash between prefix and name. Names that are not ASCII go to a PAX record, where
 * their encoding is defined.
 */
function writePath(block: Buffer, path: Buffer): boolean {
  if (!isAscii(path) || path.length > 256) return false;
  if (path.length <= 100) {
    path.copy(block, 0);
    return true;
  }
  // The name must not be empty, so the slash that ends a directory's path is no place to split.
  const slash = path.lastIndexOf(0x2f, Math.min(155, path.length - 2));
  if (slash <= 0 || path.length - slash - 1 > 100) return false;
  path.copy(block, 345, 0, slash);
  path.copy(block, 0, slash + 1);
  return true;
}

/** Octal digits and a NUL. What does not fit is written as zero, and false says that a PAX record has to hold it. */
function writeNumber(block: Buffer, at: number, length: number, value: number): boolean {
  const fits = Number.isInteger(value) && value >= 0 && value < 8 ** (length - 1);
  block.write((fits ? value : 0).toString(8).padStart(length - 1, '0'), at, 'latin1');
  return fits;
}

function seal(block: Buffer): void {
  const [sum] = checksums(block);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function pathBytes(path: string, header: TarHeaderInput): Buffer {
  if (path.includes('\0')) throw invalid(header, 'its name has a NUL in it');
  return encodePath(path);
}

function check(header: TarHeaderInput, size: number, device: boolean): void {
  const inRange = (value: number, limit: number): boolean =>
    Number.isSafeInteger(value) && value >= 0 && value <= limit;
  if (!inRange(header.mode, 0o7777)) throw invalid(header, 'its mode is out of range');
  if (!inRange(header.uid, 0xffff_ffff) || !inRange(header.gid, 0xffff_ffff))
    throw invalid(header, 'its owner is out of range');
  if (!inRange(size, Number.MAX_SAFE_INTEGER)) throw invalid(header, 'its size is out of range');
  if (!(Math.abs(header.mtime) <= Number.MAX_SAFE_INTEGER)) throw invalid(header, 'its time is out of range');
  if (device && (!inRange(header.major ?? 0, 0o7777777) || !inRange(header.minor ?? 0, 0o7777777))) {
    throw invalid(header, 'its device is out of range');
  }
}

function invalid(header: TarHeaderInput, why: string): DecantError {
  return new DecantError(
    'ARCHIVE_INVALID',
    `cannot write ${JSON.stringify(header.path)} to an archive: ${why}`,
  );
}

/** Seconds with up to nine digits of fraction, never in exponent form. */
function decimal(seconds: number): string {
  return seconds.toFixed(9).replace(/\.?0+$/, '');
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}
