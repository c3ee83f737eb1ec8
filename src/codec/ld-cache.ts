/**
 * The dynamic loader's cache, `/etc/ld.so.cache`, in the form of glibc since 2.32 (`glibc-ld.so.cache1.1`,
 * elf/cache.c and sysdeps/generic/dl-cache.h of glibc): a header, entries in the order in which the loader searches
 * them, strings, and extensions. The same entries give the bytes that ldconfig(8) gives.
 */
import type { Elf } from './elf.ts';

export interface LdCacheEntry {
  readonly soname: string;
  /** Absolute, as programs see it. */
  readonly path: string;
  /** What kind of library it is (`libraryFlags`). */
  readonly flags: number;
  /** The subdirectory of `glibc-hwcaps` that it is for: `x86-64-v3`. */
  readonly capabilities?: string;
}

export interface LdCacheOptions {
  /** Who wrote it: `ldconfig (Debian GLIBC 2.36-9) stable release version 2.36`. */
  readonly generator: string;
  readonly littleEndian: boolean;
}

const MAGIC = 'glibc-ld.so.cache1.1';
const HEADER_BYTES = 48;
const ENTRY_BYTES = 24;
const LITTLE_ENDIAN = 2;
const BIG_ENDIAN = 3;
const EXTENSION_MAGIC = 0xeaa4_2174;
const TAG_GENERATOR = 0;
const TAG_CAPABILITIES = 1;
/** In the upper half of an entry's capabilities: the lower half is an index of a name. */
const CAPABILITIES_BY_NAME = 1 << 30;

export function encodeLdCache(entries: readonly LdCacheEntry[], options: LdCacheOptions): Buffer {
  const { generator, littleEndian } = options;
  const sorted = entries.toSorted(compareEntries);
  const names = [...new Set(sorted.flatMap(({ capabilities }) => capabilities ?? []))].toSorted(byBytes);
  const stringsAt = HEADER_BYTES + sorted.length * ENTRY_BYTES;
  const strings = stringTable([...names, ...sorted.flatMap(({ soname, path }) => [soname, path])]);
  const offset = (text: string): number => stringsAt + (strings.offsets.get(text) ?? 0);
  const extensionsAt = align(stringsAt + strings.bytes.length);
  const sections = names.length === 0 ? 1 : 2;
  const namesAt = extensionsAt + 8 + sections * 16;
  const generatorAt = namesAt + names.length * 4;
  const bytes = Buffer.alloc(generatorAt + Buffer.byteLength(generator));
  const word = (value: number, at: number): void =>
    void (littleEndian ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at));

  bytes.write(MAGIC, 'latin1');
  word(sorted.length, 20);
  word(strings.bytes.length, 24);
  bytes[28] = littleEndian ? LITTLE_ENDIAN : BIG_ENDIAN;
  word(extensionsAt, 32);
  for (const [index, { soname, path, flags, capabilities }] of sorted.entries()) {
    const at = HEADER_BYTES + index * ENTRY_BYTES;
    word(flags, at);
    word(offset(soname), at + 4);
    word(offset(path), at + 8);
    if (capabilities === undefined) continue;
    word(names.indexOf(capabilities), at + (littleEndian ? 16 : 20));
    word(CAPABILITIES_BY_NAME, at + (littleEndian ? 20 : 16));
  }
  strings.bytes.copy(bytes, stringsAt);

  const section = (index: number, tag: number, at: number, size: number): void => {
    const start = extensionsAt + 8 + index * 16;
    word(tag, start);
    word(at, start + 8);
    word(size, start + 12);
  };
  word(EXTENSION_MAGIC, extensionsAt);
  word(sections, extensionsAt + 4);
  section(0, TAG_GENERATOR, generatorAt, Buffer.byteLength(generator));
  if (names.length > 0) section(1, TAG_CAPABILITIES, namesAt, names.length * 4);
  for (const [index, name] of names.entries()) word(offset(name), namesAt + index * 4);
  bytes.write(generator, generatorAt, 'utf8');
  return bytes;
}

/** The loader searches from the end: greater names first, numbers in them by value; then flags, then capabilities. */
function compareEntries(a: LdCacheEntry, b: LdCacheEntry): number {
  const byName = compareNames(b.soname, a.soname);
  if (byName !== 0) return byName;
  if (a.flags !== b.flags) return b.flags - a.flags;
  if ((a.capabilities === undefined) !== (b.capabilities === undefined))
    return a.capabilities === undefined ? 1 : -1;
  return byBytes(a.capabilities ?? '', b.capabilities ?? '');
}

/** As glibc's _dl_cache_libcmp: runs of digits count as numbers, and a digit is greater than anything else. */
export function compareNames(a: string, b: string): number {
  let [i, j] = [0, 0];
  while (i < a.length) {
    const [digitsA, digitsB] = [digitsAt(a, i), digitsAt(b, j)];
    if (digitsA !== '' && digitsB !== '') {
      const difference = Number(digitsA) - Number(digitsB);
      if (difference !== 0) return difference;
      i += digitsA.length;
      j += digitsB.length;
    } else if (digitsA !== digitsB) return digitsA === '' ? -1 : 1;
    else {
      const difference = a.charCodeAt(i) - (j < b.length ? b.charCodeAt(j) : 0);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
  }
  return j < b.length ? -1 : 0;
}

function digitsAt(text: string, at: number): string {
  return /^\d*/.exec(text.slice(at, at + 20))?.[0] ?? '';
}

interface StringTable {
  readonly bytes: Buffer;
  readonly offsets: ReadonlyMap<string, number>;
}

/** Strings that end as another one does are a part of it: sorted from their ends, the longer first. */
function stringTable(texts: readonly string[]): StringTable {
  const offsets = new Map<string, number>();
  const parts: Buffer[] = [];
  let size = 0;
  let previous = Buffer.alloc(0);
  for (const text of [...new Set(texts)].toSorted(compareEnds)) {
    const bytes = Buffer.from(text);
    if (
      size > 0 &&
      previous.length >= bytes.length &&
      previous.subarray(previous.length - bytes.length).equals(bytes)
    ) {
      offsets.set(text, size - 1 - bytes.length);
      continue;
    }
    offsets.set(text, size);
    parts.push(bytes, Buffer.from([0]));
    size += bytes.length + 1;
    previous = bytes;
  }
  return { bytes: Buffer.concat(parts), offsets };
}

function compareEnds(a: string, b: string): number {
  const [left, right] = [Buffer.from(a).reverse(), Buffer.from(b).reverse()];
  const shared = Math.min(left.length, right.length);
  const difference = Buffer.compare(right.subarray(0, shared), left.subarray(0, shared));
  return difference === 0 ? right.length - left.length : difference;
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function align(at: number): number {
  return Math.ceil(at / 4) * 4;
}

const ELF_LIBC6 = 0x0003;
const ELF = 0x0001;

/** By machine and class, what the cache notes of a library so that the loader of another kind passes over it. */
const KINDS: ReadonlyMap<string, number> = new Map([
  ['62/64', 0x0300],
  ['62/32', 0x0800],
  ['183/64', 0x0a00],
  ['21/64', 0x0500],
  ['22/64', 0x0400],
]);

const ARM = 40;
const ARM_HARD_FLOAT = 0x400;
const RISCV = 243;
const RISCV_DOUBLE_FLOAT = 0x4;

/**
 * The kind of a library for the cache; undefined for what the loader does not load, or whose kind is not known here.
 */
export function libraryFlags(elf: Elf): number | undefined {
  if (elf.type !== 'shared' || !elf.dynamic) return undefined;
  const kind = KINDS.get(`${elf.machine}/${elf.class}`);
  if (kind !== undefined) return kind | ELF_LIBC6;
  if (elf.machine === ARM) return (elf.flags & ARM_HARD_FLOAT ? 0x0900 : 0x0b00) | ELF_LIBC6;
  if (elf.machine === RISCV && elf.class === 64)
    return (elf.flags & RISCV_DOUBLE_FLOAT ? 0x1000 : 0x0f00) | ELF_LIBC6;
  // 32-bit x86 and others: what needs the C library is told by its name.
  if (elf.class === 32)
    return /^(?:libc|libm)\.so\.6$/.test(elf.soname ?? '') || elf.needed.includes('libc.so.6')
      ? ELF_LIBC6
      : ELF;
  return undefined;
}
