/**
 * A search for many short words at once, sixteen bytes at a time, as a WebAssembly module that is written here byte by
 * byte (WebAssembly core specification 2.0, chapter 5; fixed-width SIMD). It is the method of Intel's Hyperscan that is
 * called Teddy: two look-ups of sixteen entries for each of four consecutive bytes tell in which of eight groups of
 * words a place could be the beginning of one; a table of hashes of four bytes then drops nearly all that are not.
 *
 * A secret has to be looked for in every byte of an image. Regular expressions do 0.3 GB a second, this does 3 and more.
 */

/** Where things are in the module's memory. */
export const MEMORY = {
  /** Eight tables of 16 bytes: low and high half of the first byte, of the second, … */
  nibbles: 0,
  /** The place where a search stopped because there was no more room for what it found. */
  stopped: 240,
  /** 4096 bytes, 1 where four bytes with this hash begin a word. */
  hashes: 4096,
  input: 65_536,
} as const;

/** Hash of four bytes as a little-endian number: the upper twelve bits of a product. */
export const HASH_FACTOR = 0x9e3779b1;
export const HASH_SHIFT = 20;

/** `memory` and `scan(from, to, out, outEnd) → out`: offsets of candidates, four bytes each, from `out` on. */
export function matcherModule(pages: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    [
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, [1, 0x60, 4, I32, I32, I32, I32, 1, I32]),
      section(3, [1, 0]),
      section(5, [1, 0, ...unsigned(pages)]),
      section(7, [2, ...name('memory'), 2, 0, ...name('scan'), 0, 0]),
      section(10, [1, ...sized(scanBody())]),
    ].flat(),
  );
}

const I32 = 0x7f;
const V128 = 0x7b;
/** Parameters and locals by number. */
const [FROM, TO, OUT, OUT_END, MASK, PLACE, TABLES, LOW, VALUE, FOUND] = [0, 1, 2, 3, 4, 5, 6, 14, 15, 16];
const BYTES = [0, 1, 2, 3];

function scanBody(): number[] {
  return [
    [2, 2, I32, 11, V128],
    TABLE_NUMBERS.flatMap((table) => [...constant(table * 16), ...LOAD_VECTOR, 0, ...set(TABLES + table)]),
    [0xfd, 0x0c, ...Array.from({ length: 16 }, () => 0x0f), ...set(LOW)],
    [BLOCK, VOID, LOOP, VOID],
    [...get(FROM), ...get(TO), GREATER_EQUAL, BRANCH_IF, 1],
    [...get(OUT), ...get(OUT_END), GREATER_EQUAL, BRANCH_IF, 1],
    BYTES.flatMap(lookUp),
    [...get(FOUND), ...ANY_TRUE, IF, VOID],
    // The lanes in which a group is left.
    [...get(FOUND), ...constant(0), ...SPLAT, ...NOT_EQUAL, ...BITMASK, ...set(MASK)],
    [LOOP, VOID],
    [...get(FROM), ...get(MASK), TRAILING_ZEROS, ADD, ...tee(PLACE)],
    [LOAD, 0, 0, ...constant(HASH_FACTOR | 0), MULTIPLY, ...constant(HASH_SHIFT), SHIFT_RIGHT],
    [LOAD_BYTE, 0, ...unsigned(MEMORY.hashes), IF, VOID],
    [...get(OUT), ...get(PLACE), STORE, 2, 0, ...get(OUT), ...constant(4), ADD, ...set(OUT), END],
    [...get(MASK), ...get(MASK), ...constant(1), SUBTRACT, AND, ...tee(MASK), BRANCH_IF, 0, END],
    [END],
    [...get(FROM), ...constant(16), ADD, ...set(FROM), BRANCH, 0, END, END],
    [...constant(MEMORY.stopped), ...get(FROM), STORE, 2, 0],
    [...get(OUT), END],
  ].flat();
}

const TABLE_NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7];

/** Groups that byte `index` of sixteen consecutive places leaves. */
function lookUp(index: number): number[] {
  const [low, high] = [TABLES + 2 * index, TABLES + 2 * index + 1];
  return [
    [...get(FROM), ...LOAD_VECTOR, index, ...set(VALUE)],
    [...get(low), ...get(VALUE), ...get(LOW), ...AND_VECTOR, ...SWIZZLE],
    [...get(high), ...get(VALUE), ...constant(4), ...SHIFT_VECTOR, ...get(LOW), ...AND_VECTOR, ...SWIZZLE],
    AND_VECTOR,
    index === 0 ? [] : [...get(FOUND), ...AND_VECTOR],
    set(FOUND),
  ].flat();
}

const [BLOCK, LOOP, IF, END, VOID, BRANCH, BRANCH_IF] = [0x02, 0x03, 0x04, 0x0b, 0x40, 0x0c, 0x0d];
const [LOAD, LOAD_BYTE, STORE, GREATER_EQUAL] = [0x28, 0x2d, 0x36, 0x4f];
const [ADD, SUBTRACT, MULTIPLY, AND, SHIFT_RIGHT, TRAILING_ZEROS] = [0x6a, 0x6b, 0x6c, 0x71, 0x76, 0x68];
const LOAD_VECTOR = [0xfd, 0x00, 0];
const SWIZZLE = [0xfd, 0x0e];
const SPLAT = [0xfd, 0x0f];
const NOT_EQUAL = [0xfd, 0x24];
const AND_VECTOR = [0xfd, 0x4e];
const ANY_TRUE = [0xfd, 0x53];
const BITMASK = [0xfd, 0x64];
const SHIFT_VECTOR = [0xfd, 0x8d, 0x01];

function get(local: number): number[] {
  return [0x20, local];
}

function set(local: number): number[] {
  return [0x21, local];
}

function tee(local: number): number[] {
  return [0x22, local];
}

/** i32.const, its value as signed LEB128. */
function constant(value: number): number[] {
  const bytes = [0x41];
  for (let rest = value; ;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ;) {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
    if (rest === 0) return bytes;
  }
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...sized(content)];
}

function sized(content: readonly number[]): number[] {
  return [...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return sized([...Buffer.from(text)]);
}
