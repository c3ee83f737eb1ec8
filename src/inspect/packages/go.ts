/**
 * Modules of a Go program, which the linker notes in it (Go's debug/buildinfo; runtime/debug.ParseBuildInfo). Since Go
 * 1.18 the texts stand right after the header; before, the header points to them.
 */
import type { ElfOutline, ReadPart } from '../../codec/elf-sections.ts';
import type { PackageFinding } from './package.ts';

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const ALIGN = 16;
const HEADER_BYTES = 32;
/** Programs with the most modules have 100 KB of it. */
const MAX_TEXT_BYTES = 16 * 1024 * 1024;
/** Where there are no sections, the header is at the beginning of the data. */
const MAX_SEARCH_BYTES = 1024 * 1024;
const POINTS_BIG_ENDIAN = 1;
const HAS_TEXTS = 2;

export async function goModules(
  outline: ElfOutline,
  read: ReadPart,
  path: string,
): Promise<readonly PackageFinding[]> {
  const start = await headerAt(outline, read);
  if (start === undefined) return [];
  const header = await read(start, HEADER_BYTES);
  const inline = ((header[15] ?? 0) & HAS_TEXTS) !== 0;
  const [version, info] = inline ? await inlineTexts(read, start) : await pointedTexts(outline, read, header);
  return modulesOf(version, withoutMarks(info), path);
}

async function headerAt({ sections, segments }: ElfOutline, read: ReadPart): Promise<number | undefined> {
  const section = sections.find(({ name }) => name === '.go.buildinfo');
  const place = section ?? (sections.length === 0 ? segments.find(({ writable }) => writable) : undefined);
  if (!place) return undefined;
  const bytes = await read(place.offset, Math.min(place.size, section ? 4096 : MAX_SEARCH_BYTES));
  for (let at = bytes.indexOf(MAGIC); at >= 0; at = bytes.indexOf(MAGIC, at + 1))
    if (at % ALIGN === 0) return place.offset + at;
  return undefined;
}

type Texts = readonly [version: string, info: Buffer];

async function inlineTexts(read: ReadPart, start: number): Promise<Texts> {
  let at = start + HEADER_BYTES;
  const next = async (): Promise<Buffer> => {
    const [length, bytes] = unsignedVarint(await read(at, 10));
    if (length > MAX_TEXT_BYTES) return Buffer.alloc(0);
    const text = await read(at + bytes, length);
    at += bytes + length;
    return text;
  };
  return [(await next()).toString('utf8'), await next()];
}

/** Go's encoding/binary. */
function unsignedVarint(bytes: Buffer): readonly [value: number, bytes: number] {
  let value = 0;
  for (const [index, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return [value, index + 1];
  }
  return [Infinity, bytes.length];
}

/** Two pointers to strings of Go, each a pointer to bytes and a length. */
async function pointedTexts(outline: ElfOutline, read: ReadPart, header: Buffer): Promise<Texts> {
  const bytes = header[14] ?? 0;
  const bigEndian = ((header[15] ?? 0) & POINTS_BIG_ENDIAN) !== 0;
  if (bytes !== 4 && bytes !== 8) return ['', Buffer.alloc(0)];
  const number = (from: Buffer, at: number): number => {
    if (at + bytes > from.length) return 0;
    if (bytes === 4) return bigEndian ? from.readUInt32BE(at) : from.readUInt32LE(at);
    return Number(bigEndian ? from.readBigUInt64BE(at) : from.readBigUInt64LE(at));
  };
  const at = async (address: number, length: number): Promise<Buffer> => {
    const segment = outline.segments.find(
      (one) => address >= one.address && address + length <= one.address + one.size,
    );
    return segment && length <= MAX_TEXT_BYTES
      ? read(segment.offset + address - segment.address, length)
      : Buffer.alloc(0);
  };
  const text = async (pointer: number): Promise<Buffer> => {
    const string = await at(pointer, 2 * bytes);
    return at(number(string, 0), number(string, bytes));
  };
  return [(await text(number(header, 16))).toString('utf8'), await text(number(header, 16 + bytes))];
}

/** Sixteen bytes stand before and after the information, by which it was found before there was a header. */
function withoutMarks(info: Buffer): string {
  const isMarked = info.length >= 33 && info[info.length - 17] === 0x0a;
  return (isMarked ? info.subarray(16, -16) : info).toString('utf8');
}

function modulesOf(goVersion: string, info: string, path: string): readonly PackageFinding[] {
  const found: PackageFinding[] = [];
  const add = (name: string | undefined, version: string | undefined): void => {
    // "(devel)" is what a module built in its own work tree has.
    if (name)
      found.push({ manager: 'go', name, version: version === '(devel)' ? '' : (version ?? ''), path });
  };
  const standard = /^go(\d[^\s+]*)/.exec(goVersion)?.[1];
  if (standard !== undefined) add('stdlib', standard);
  const lines = info.split('\n').map((line) => line.split('\t'));
  for (const [index, [kind, name, version]] of lines.entries()) {
    if (kind !== 'mod' && kind !== 'dep') continue;
    // What stands in a module's place is what was built.
    const [next, by, itsVersion] = lines[index + 1] ?? [];
    if (next === '=>') add(by, itsVersion);
    else add(name, version);
  }
  return found;
}
