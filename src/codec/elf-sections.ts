/**
 * Sections and segments of an ELF file by their headers (System V ABI, chapter 4), without reading what is between: a
 * program may have hundreds of megabytes, and what build tools note in it a few kilobytes. Sections may be missing.
 */
import { isElf } from './elf.ts';

export interface ElfOutline {
  readonly class: 32 | 64;
  readonly littleEndian: boolean;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
}

export interface ElfSection {
  readonly name: string;
  readonly address: number;
  readonly offset: number;
  /** Bytes in the file; none for sections that have only memory. */
  readonly size: number;
}

/** What is loaded (PT_LOAD). */
export interface ElfSegment {
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly writable: boolean;
}

/** Bytes of the file from `start`; fewer where it ends. */
export type ReadPart = (start: number, length: number) => Promise<Buffer>;

/** Far above what linkers make. */
const MAX_HEADERS = 65_536;
const MAX_HEADER_BYTES = 4 * 1024 * 1024;
const MAX_NAME_BYTES = 4 * 1024 * 1024;
const PT_LOAD = 1;
const SHT_NOBITS = 8;
const PF_W = 2;

/** Undefined for bytes that are no ELF file, or whose headers lead outside of them. */
export async function readElfOutline(read: ReadPart): Promise<ElfOutline | undefined> {
  const head = await read(0, 64);
  const [bits, order] = [head[4], head[5]];
  if (head.length < 52 || !isElf(head) || (bits !== 1 && bits !== 2) || (order !== 1 && order !== 2))
    return undefined;
  try {
    const numbers: Numbers = { wide: bits === 2, littleEndian: order === 1 };
    return {
      class: numbers.wide ? 64 : 32,
      littleEndian: numbers.littleEndian,
      sections: await sectionsOf(read, fieldsOf(head, numbers), numbers),
      segments: await segmentsOf(read, fieldsOf(head, numbers), numbers),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

interface Numbers {
  readonly wide: boolean;
  readonly littleEndian: boolean;
}

interface Fields {
  readonly half: (at: number) => number;
  readonly word: (at: number) => number;
  /** An address, an offset or a size. */
  readonly long: (at: number) => number;
}

function fieldsOf(bytes: Buffer, { wide, littleEndian }: Numbers): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    half: (at) => view.getUint16(at, littleEndian),
    word: (at) => view.getUint32(at, littleEndian),
    long: (at) => (wide ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian)),
  };
}

async function table(read: ReadPart, start: number, entryBytes: number, count: number): Promise<Buffer> {
  if (count > MAX_HEADERS || count * entryBytes > MAX_HEADER_BYTES) throw new RangeError('too many headers');
  return count === 0 || start === 0 ? Buffer.alloc(0) : read(start, entryBytes * count);
}

async function sectionsOf(read: ReadPart, head: Fields, numbers: Numbers): Promise<readonly ElfSection[]> {
  const { wide } = numbers;
  const [entryBytes, count, namesAt] = [
    head.half(wide ? 58 : 46),
    head.half(wide ? 60 : 48),
    head.half(wide ? 62 : 50),
  ];
  if (entryBytes < (wide ? 64 : 40)) return [];
  const bytes = await table(read, head.long(wide ? 40 : 32), entryBytes, count);
  const fields = fieldsOf(bytes, numbers);
  const whole = Math.floor(bytes.length / entryBytes);
  const place = (at: number): { address: number; offset: number; size: number } =>
    wide
      ? { address: fields.long(at + 16), offset: fields.long(at + 24), size: fields.long(at + 32) }
      : { address: fields.long(at + 12), offset: fields.long(at + 16), size: fields.long(at + 20) };
  if (namesAt >= whole) return [];
  const strings = place(namesAt * entryBytes);
  const names = await read(strings.offset, Math.min(strings.size, MAX_NAME_BYTES));
  return Array.from({ length: whole }, (_, index) => {
    const at = index * entryBytes;
    const start = fields.word(at);
    const end = names.indexOf(0, start);
    const { size, ...rest } = place(at);
    const name = names.toString('latin1', start, end < 0 ? names.length : end);
    return { name, ...rest, size: fields.word(at + 4) === SHT_NOBITS ? 0 : size };
  });
}

async function segmentsOf(read: ReadPart, head: Fields, numbers: Numbers): Promise<readonly ElfSegment[]> {
  const { wide } = numbers;
  const [entryBytes, count] = [head.half(wide ? 54 : 42), head.half(wide ? 56 : 44)];
  if (entryBytes < (wide ? 56 : 32)) return [];
  const bytes = await table(read, head.long(wide ? 32 : 28), entryBytes, count);
  const fields = fieldsOf(bytes, numbers);
  const segments: ElfSegment[] = [];
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    if (fields.word(at) !== PT_LOAD) continue;
    const flags = fields.word(at + (wide ? 4 : 24));
    segments.push({
      offset: fields.long(at + (wide ? 8 : 4)),
      address: fields.long(at + (wide ? 16 : 8)),
      size: fields.long(at + (wide ? 32 : 16)),
      writable: (flags & PF_W) !== 0,
    });
  }
  return segments;
}
