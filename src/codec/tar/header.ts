/**
 * The 512-byte header block of a tar archive: POSIX ustar (pax utility, "ustar Interchange Format"), the older v7
 * layout without the magic, GNU's variant ("ustar  ") and star's. Field positions and number forms only; what a
 * sequence of blocks means is in read.ts.
 */
import { decodePath } from '../path.ts';

export const BLOCK_BYTES = 512;

export type TarType = 'file' | 'directory' | 'symlink' | 'link' | 'char' | 'block' | 'fifo';

/** One member as the archive describes it. */
export interface TarHeader {
  /** As written in the archive: not normalised, possibly absolute or with `..`; see codec/path.ts for its encoding. */
  readonly path: string;
  readonly type: TarType;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for everything but files. */
  readonly size: number;
  /** Seconds since the epoch, with fraction where the archive has one. */
  readonly mtime: number;
  /** Target of a symbolic or hard link, else ''. */
  readonly linkname: string;
  readonly major: number;
  readonly minor: number;
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
  readonly uname: string;
  readonly gname: string;
}

/** The fields of one block. A number that cannot be read is NaN. */
export interface RawHeader {
  readonly name: string;
  readonly typeflag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly linkname: string;
  readonly uname: string;
  readonly gname: string;
  readonly major: number;
  readonly minor: number;
  /** Size of the expanded file where GNU's old sparse format (type `S`) has it. */
  readonly realSize: number;
}

type Format = 'v7' | 'ustar' | 'gnu' | 'star';

/** The sum over a block with the checksum field taken as spaces: unsigned, and signed as some old writers had it. */
export function checksums(block: Buffer): readonly [unsigned: number, signed: number] {
  let unsigned = 0;
  let negative = 0;
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const byte = block[index] ?? 0;
    unsigned += byte;
    negative += byte >> 7;
  }
  for (let index = 148; index < 156; index += 1) {
    const byte = block[index] ?? 0;
    unsigned += 32 - byte;
    negative -= byte >> 7;
  }
  return [unsigned, unsigned - 256 * negative];
}

export function hasValidChecksum(block: Buffer): boolean {
  const stored = numberField(block, 148, 8);
  const [unsigned, signed] = checksums(block);
  return stored === unsigned || stored === signed;
}

export function isZeroBlock(block: Buffer): boolean {
  return block[0] === 0 && block.equals(ZERO_BLOCK);
}

const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);

export function readHeaderBlock(block: Buffer): RawHeader {
  const format = formatOf(block);
  const name = textField(block, 0, 100);
  const prefix =
    format === 'ustar' ? textField(block, 345, 155) : format === 'star' ? textField(block, 345, 131) : '';
  const named = format !== 'v7';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    typeflag: String.fromCharCode(block[156] ?? 0),
    mode: numberField(block, 100, 8),
    uid: numberField(block, 108, 8),
    gid: numberField(block, 116, 8),
    size: numberField(block, 124, 12),
    mtime: numberField(block, 136, 12),
    linkname: textField(block, 157, 100),
    uname: named ? textField(block, 265, 32) : '',
    gname: named ? textField(block, 297, 32) : '',
    major: named ? numberField(block, 329, 8) : 0,
    minor: named ? numberField(block, 337, 8) : 0,
    realSize: format === 'gnu' ? numberField(block, 483, 12) : 0,
  };
}

function formatOf(block: Buffer): Format {
  if (block.readUInt32BE(257) !== 0x75737461 || block[261] !== 0x72) return 'v7';
  if (block[262] === 0x20) return 'gnu';
  return block.readUInt32BE(508) === 0x74617200 ? 'star' : 'ustar';
}

/** Text up to the first NUL or the end of the field. */
export function textField(block: Buffer, at: number, length: number): string {
  if (block[at] === 0) return '';
  const end = block.indexOf(0, at);
  return decodePath(block.subarray(at, end < 0 || end > at + length ? at + length : end));
}

/**
 * A number: octal digits with spaces or NULs around them, or (first bit set) a big-endian two's complement number,
 * GNU's base-256. Nothing at all is 0; anything else, or more than 2^53, is NaN.
 */
export function numberField(block: Buffer, at: number, length: number): number {
  if ((block[at] ?? 0) & 0x80) return base256(block, at, length);
  const end = at + length;
  let index = at;
  while (index < end && isBlank(block[index])) index += 1;
  let value = 0;
  for (; index < end; index += 1) {
    const byte = block[index] ?? 0;
    if (isBlank(byte)) break;
    if (byte < 0x30 || byte > 0x37) return NaN;
    value = value * 8 + byte - 0x30;
  }
  // After a NUL the rest of the field means nothing; after a space only blanks may follow.
  for (; index < end && block[index] !== 0; index += 1) {
    if (block[index] !== 0x20) return NaN;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : NaN;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0;
}

function base256(block: Buffer, at: number, length: number): number {
  const negative = ((block[at] ?? 0) & 0x40) !== 0;
  let value = negative ? ((block[at] ?? 0) & 0x7f) - 0x80 : (block[at] ?? 0) & 0x7f;
  for (let index = at + 1; index < at + length; index += 1) value = value * 256 + (block[index] ?? 0);
  return Number.isSafeInteger(value) ? value : NaN;
}
