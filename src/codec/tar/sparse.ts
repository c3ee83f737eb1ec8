/**
 * Sparse files as GNU tar stores them (GNU tar manual, "Storing Sparse Files"): the data parts one after another, and
 * a map that says where each belongs. The map is in the header block (old format), in PAX records (0.0 and 0.1) or in
 * front of the data (1.0).
 */
import { BLOCK_BYTES, numberField } from './header.ts';
import type { PaxRecord } from './pax.ts';

/** One part that is stored; everything between parts is zeros. */
export interface SparsePart {
  readonly offset: number;
  readonly length: number;
}

/** Parts of one file, which bounds the memory a map can take (a file written in 4 KiB steps: 256 MiB and more). */
export const MAX_SPARSE_PARTS = 65_536;

const ZEROS = Buffer.alloc(65_536);

/** What is wrong with a map, or undefined. `stored` is how many bytes the archive has for the parts. */
export function sparseFault(parts: readonly SparsePart[], size: number, stored: number): string | undefined {
  if (parts.length > MAX_SPARSE_PARTS) return `it has more than ${MAX_SPARSE_PARTS} sparse parts`;
  let end = 0;
  let sum = 0;
  for (const part of parts) {
    if (!isCount(part.offset) || !isCount(part.length) || part.offset < end)
      return 'its sparse map is not in order';
    end = part.offset + part.length;
    sum += part.length;
  }
  if (end > size) return 'its sparse map reaches beyond its end';
  return sum === stored ? undefined : `its sparse map has ${sum} bytes but ${stored} are stored`;
}

/** Parts in an old GNU header block (4 from byte 386) or one of its continuation blocks (21 from byte 0). */
export function oldSparseParts(block: Buffer, at: number, most: number): SparsePart[] {
  const parts: SparsePart[] = [];
  for (let index = 0; index < most; index += 1) {
    const position = at + index * 24;
    if (block[position + 12] === 0) break;
    parts.push({ offset: numberField(block, position, 12), length: numberField(block, position + 12, 12) });
  }
  return parts;
}

/** Formats 0.0 (repeated offset and numbytes records) and 0.1 (one record with all numbers). */
export function paxSparseParts(records: readonly PaxRecord[]): SparsePart[] {
  const numbers: number[] = [];
  for (const { key, value } of records) {
    if (key === 'GNU.sparse.map') return pairs(value.toString('latin1').split(',').map(decimal));
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes')
      numbers.push(decimal(value.toString('latin1')));
  }
  return pairs(numbers);
}

/**
 * Format 1.0: decimal numbers, each on a line, the first saying how many pairs follow. Undefined while `bytes` is too
 * short to hold the whole map; a map that makes no sense has a part that is not a number.
 */
export function leadingSparseParts(bytes: Buffer): SparsePart[] | undefined {
  const first = bytes.indexOf(0x0a);
  if (first < 0) return undefined;
  const count = decimal(bytes.toString('latin1', 0, first));
  if (!(count <= MAX_SPARSE_PARTS)) return [{ offset: NaN, length: NaN }];
  const numbers: number[] = [];
  let at = first + 1;
  while (numbers.length < count * 2) {
    const newline = bytes.indexOf(0x0a, at);
    if (newline < 0) return undefined;
    numbers.push(decimal(bytes.toString('latin1', at, newline)));
    at = newline + 1;
  }
  return pairs(numbers);
}

/** The bytes that a 1.0 map takes in front of the data, up to the next block. */
export function leadingMapSize(bytes: Buffer, parts: readonly SparsePart[]): number {
  let at = -1;
  for (let line = 0; line <= parts.length * 2; line += 1) at = bytes.indexOf(0x0a, at + 1);
  return Math.ceil((at + 1) / BLOCK_BYTES) * BLOCK_BYTES;
}

/** The file's content: parts from `stored`, in order, with zeros between and after them. */
export async function* expandSparse(
  parts: readonly SparsePart[],
  size: number,
  stored: (count: number) => AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let at = 0;
  for (const part of parts) {
    yield* zeros(part.offset - at);
    yield* stored(part.length);
    at = part.offset + part.length;
  }
  yield* zeros(size - at);
}

function* zeros(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= ZEROS.length)
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
}

function pairs(numbers: readonly number[]): SparsePart[] {
  const parts: SparsePart[] = [];
  for (let index = 0; index < numbers.length; index += 2) {
    parts.push({ offset: numbers[index] ?? NaN, length: numbers[index + 1] ?? NaN });
  }
  return parts;
}

function decimal(text: string): number {
  return /^\d{1,16}$/.test(text) ? Number(text) : NaN;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
