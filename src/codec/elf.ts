/**
 * What the dynamic loader reads of an executable or a shared library (System V ABI, chapters 4 and 5; the versions of
 * symbols are those of the GNU tools, LSB Core, "Symbol Versioning"). Only headers are read, through the program
 * headers as the loader does: section headers may be missing or may lie.
 */

export type ElfType = 'relocatable' | 'executable' | 'shared' | 'core' | 'other';

export interface Elf {
  readonly class: 32 | 64;
  readonly littleEndian: boolean;
  /** A position-independent executable is `shared`, as a library is; it has an interpreter. */
  readonly type: ElfType;
  /** `e_machine`: 62 is x86-64, 183 is AArch64. */
  readonly machine: number;
  /** `e_flags`, which say more of some machines: floating point, ABI version. */
  readonly flags: number;
  /** The dynamic loader that an executable asks for: `/lib64/ld-linux-x86-64.so.2`. */
  readonly interpreter?: string;
  /** Whether there is a dynamic section: nothing below is known of a file without one, since it needs nothing. */
  readonly dynamic: boolean;
  readonly soname?: string;
  /** DT_NEEDED, in order. */
  readonly needed: readonly string[];
  /** DT_RUNPATH and DT_RPATH as they stand, `$ORIGIN` among them. */
  readonly runpath?: string;
  readonly rpath?: string;
  /** Which versions of symbols are wanted of which library: `libc.so.6` → `GLIBC_2.34`, … */
  readonly versionsNeeded: ReadonlyMap<string, readonly string[]>;
  /** Versions of symbols that a library has, without the one that names itself. */
  readonly versionsDefined: readonly string[];
}

/** Bounds of what a file may claim; far above what any has. */
const MAX_PROGRAM_HEADERS = 4096;
const MAX_DYNAMIC_ENTRIES = 65_536;
const MAX_VERSIONS = 65_536;
const MAX_STRING_BYTES = 65_536;

/** Undefined for bytes that are no ELF file, or whose headers lead outside of them. */
export function readElf(bytes: Uint8Array): Elf | undefined {
  try {
    return parse(bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether these are the first bytes of an ELF file. */
export function isElf(start: Uint8Array): boolean {
  return start[0] === 0x7f && start[1] === 0x45 && start[2] === 0x4c && start[3] === 0x46;
}

function parse(bytes: Uint8Array): Elf | undefined {
  const [bits, order] = [bytes[4], bytes[5]];
  if (!isElf(bytes) || (bits !== 1 && bits !== 2) || (order !== 1 && order !== 2)) return undefined;
  const file = readerOf(bytes, bits === 2, order === 1);
  const segments = segmentsOf(file);
  const header = {
    class: file.wide ? 64 : 32,
    littleEndian: file.littleEndian,
    type: TYPES[file.half(16)] ?? 'other',
    machine: file.half(18),
    flags: file.word(file.wide ? 48 : 36),
  } as const;
  const interpreter = segments.find(({ type }) => type === PT_INTERP);
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const base = {
    ...header,
    ...(interpreter && { interpreter: file.string(interpreter.offset) }),
    dynamic: dynamic !== undefined,
  };
  if (!dynamic) return { ...base, needed: [], versionsNeeded: new Map(), versionsDefined: [] };
  return { ...base, ...dynamicOf(file, segments, dynamic) };
}

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

interface Reader {
  readonly wide: boolean;
  readonly littleEndian: boolean;
  readonly half: (at: number) => number;
  readonly word: (at: number) => number;
  /** An address or an offset: 4 or 8 bytes. */
  readonly address: (at: number) => number;
  readonly string: (at: number) => string;
}

const TYPES: Readonly<Record<number, ElfType>> = {
  1: 'relocatable',
  2: 'executable',
  3: 'shared',
  4: 'core',
};
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;

function readerOf(bytes: Uint8Array, wide: boolean, littleEndian: boolean): Reader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    wide,
    littleEndian,
    half: (at) => view.getUint16(at, littleEndian),
    word: (at) => view.getUint32(at, littleEndian),
    address: (at) => (wide ? Number(view.getBigUint64(at, littleEndian)) : view.getUint32(at, littleEndian)),
    string(at) {
      const end = bytes.subarray(0, at + MAX_STRING_BYTES).indexOf(0, at);
      if (at >= bytes.length || end < 0) throw new RangeError('a string has no end');
      return Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString('utf8');
    },
  };
}

function segmentsOf({ wide, half, word, address }: Reader): readonly Segment[] {
  const table = address(wide ? 32 : 28);
  const entryBytes = half(wide ? 54 : 42);
  const count = half(wide ? 56 : 44);
  if (count > MAX_PROGRAM_HEADERS) throw new RangeError('too many program headers');
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * entryBytes;
    return wide
      ? { type: word(at), offset: address(at + 8), address: address(at + 16), size: address(at + 32) }
      : { type: word(at), offset: address(at + 4), address: address(at + 8), size: address(at + 16) };
  });
}

const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_SONAME = 14;
const DT_RPATH = 15;
const DT_RUNPATH = 29;
const DT_VERDEF = 0x6fff_fffc;
const DT_VERDEFNUM = 0x6fff_fffd;
const DT_VERNEED = 0x6fff_fffe;
const DT_VERNEEDNUM = 0x6fff_ffff;

function dynamicOf(
  file: Reader,
  segments: readonly Segment[],
  { offset, size }: Segment,
): Pick<Elf, 'needed' | 'soname' | 'runpath' | 'rpath' | 'versionsNeeded' | 'versionsDefined'> {
  const wordBytes = file.wide ? 8 : 4;
  const needed: number[] = [];
  const single = new Map<number, number>();
  const count = Math.min(Math.floor(size / (2 * wordBytes)), MAX_DYNAMIC_ENTRIES);
  for (let index = 0; index < count; index++) {
    const at = offset + index * 2 * wordBytes;
    const tag = file.address(at);
    const value = file.address(at + wordBytes);
    if (tag === 0) break;
    if (tag === DT_NEEDED) needed.push(value);
    else single.set(tag, value);
  }
  const place = (tag: number): number | undefined => {
    const address = single.get(tag);
    return address === undefined ? undefined : offsetOf(segments, address);
  };
  const strings = place(DT_STRTAB);
  if (strings === undefined) return { needed: [], versionsNeeded: new Map(), versionsDefined: [] };
  const text = (tag: number): string | undefined => {
    const at = single.get(tag);
    return at === undefined ? undefined : file.string(strings + at);
  };
  const [soname, runpath, rpath] = [text(DT_SONAME), text(DT_RUNPATH), text(DT_RPATH)];
  return {
    needed: needed.map((at) => file.string(strings + at)),
    ...(soname !== undefined && { soname }),
    ...(runpath !== undefined && { runpath }),
    ...(rpath !== undefined && { rpath }),
    versionsNeeded: versionsNeeded(file, strings, place(DT_VERNEED), single.get(DT_VERNEEDNUM) ?? 0),
    versionsDefined: versionsDefined(file, strings, place(DT_VERDEF), single.get(DT_VERDEFNUM) ?? 0),
  };
}

/** Where an address of the running program is in the file. */
function offsetOf(segments: readonly Segment[], address: number): number | undefined {
  const segment = segments.find(
    (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size,
  );
  return segment && segment.offset + (address - segment.address);
}

/** `Elf_Verneed`: version, count, file, first entry, next; its `Elf_Vernaux`: hash, flags, index, name, next. */
function versionsNeeded(
  file: Reader,
  strings: number,
  table: number | undefined,
  count: number,
): ReadonlyMap<string, readonly string[]> {
  const needed = new Map<string, string[]>();
  let left = MAX_VERSIONS;
  for (const at of chain(file, table, count, 12)) {
    const library = file.string(strings + file.word(at + 4));
    const versions = needed.get(library) ?? [];
    needed.set(library, versions);
    for (const entry of chain(file, at + file.word(at + 8), file.half(at + 2), 12)) {
      if (left-- === 0) throw new RangeError('too many versions');
      versions.push(file.string(strings + file.word(entry + 8)));
    }
  }
  return needed;
}

/** `Elf_Verdef`: version, flags, index, count, hash, first entry, next; the first `Elf_Verdaux` has the name. */
function versionsDefined(
  file: Reader,
  strings: number,
  table: number | undefined,
  count: number,
): readonly string[] {
  const defined: string[] = [];
  for (const at of chain(file, table, count, 16)) {
    const namesItself = (file.half(at + 2) & 1) !== 0;
    if (!namesItself) defined.push(file.string(strings + file.word(at + file.word(at + 12))));
  }
  return defined;
}

/** Places of a list whose entries say, at `nextAt`, how far the next one is; zero is the end. */
function* chain(file: Reader, first: number | undefined, count: number, nextAt: number): Generator<number> {
  if (count > MAX_VERSIONS) throw new RangeError('too many versions');
  for (let at = first, left = count; at !== undefined && left > 0; left--) {
    yield at;
    const next = file.word(at + nextAt);
    if (next === 0) return;
    at += next;
  }
}
