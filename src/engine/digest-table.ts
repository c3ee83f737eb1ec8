/**
 * Digests of a context's files by path, in the closest form: a row of fixed length for each file, the same in memory and
 * on disk. Contexts can have hundreds of thousands of files, and text or objects would take ten times the memory.
 */
import { hash } from 'node:crypto';

/**
 * The facts that tell whether a file is the one that was hashed before (as git's index keeps them): `BigIntStats` has
 * them.
 */
export interface FileStamp {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly ino: bigint;
}

export interface DigestTable {
  /** The digest of the file, where that is the one with this stamp. */
  readonly digestOf: (path: string, stamp: FileStamp) => string | undefined;
  /** @param isLasting False where the digest holds for as long as this table is in memory, but not on disk. */
  readonly put: (path: string, stamp: FileStamp, digest: string, isLasting: boolean) => void;
  /** Notes that the file was looked at; false where it was noted already. */
  readonly note: (path: string) => boolean;
  /** Whether the file was looked at when it had another stamp. */
  readonly wasAnother: (path: string, stamp: FileStamp | undefined) => boolean;
  /**
   * The table as it is to be kept, in pieces; undefined where there is nothing new in it. Files that nobody looked at
   * stay as long as there is room for all.
   *
   * @param most In bytes. What does not fit even so is not kept.
   */
  readonly pieces: (most: number) => readonly Uint8Array[] | undefined;
}

// A row: sha256 of the path, cut; size, times and inode; the digest. It is a key, and nothing reads the path out of it.
const KEY_BYTES = 16;
const STAMP_BYTES = 32;
const DIGEST = KEY_BYTES + STAMP_BYTES;
const ROW_BYTES = DIGEST + 32;
const ROWS_IN_A_PIECE = 4096;
const PREFIX = 'sha256:';

/** What is known of a row besides what is in it. */
const NOTED = 1;
const PASSING = 2;

/** @param kept What `pieces` once gave. Whoever cannot vouch for it gives nothing. */
export function digestTable(kept: Buffer = Buffer.alloc(0)): DigestTable {
  const pieces: Buffer[] = [];
  let count = Math.floor(kept.length / ROW_BYTES);
  for (let at = 0; at < count * ROW_BYTES; at += ROWS_IN_A_PIECE * ROW_BYTES)
    pieces.push(kept.subarray(at, Math.min(at + ROWS_IN_A_PIECE * ROW_BYTES, count * ROW_BYTES)));
  let flags = new Uint8Array(count);
  let slots = new Int32Array(0);
  let isChanged = false;

  const pieceOf = (row: number): Buffer => pieces[Math.floor(row / ROWS_IN_A_PIECE)] as Buffer;
  const offsetOf = (row: number): number => (row % ROWS_IN_A_PIECE) * ROW_BYTES;

  /** The slot of a key: that of its row, or the empty one where that would be. Slots hold rows, counted from one. */
  const slotOf = (key: Buffer): number => {
    const mask = slots.length - 1;
    for (let slot = key.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const row = (slots[slot] as number) - 1;
      if (row < 0) return slot;
      const offset = offsetOf(row);
      if (pieceOf(row).compare(key, 0, KEY_BYTES, offset, offset + KEY_BYTES) === 0) return slot;
    }
  };
  const makeSlots = (): void => {
    slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(count, 512) * 2)));
    for (let row = 0; row < count; row += 1) {
      const offset = offsetOf(row);
      slots[slotOf(pieceOf(row).subarray(offset, offset + KEY_BYTES))] = row + 1;
    }
  };
  makeSlots();

  let last: { readonly path: string; readonly key: Buffer } | undefined;
  const keyOf = (path: string): Buffer => {
    if (last?.path !== path) last = { path, key: hash('sha256', path, 'buffer').subarray(0, KEY_BYTES) };
    return last.key;
  };
  const find = (path: string): number => (slots[slotOf(keyOf(path))] as number) - 1;
  const add = (path: string): number => {
    if (count * 2 > slots.length) makeSlots();
    const row = count;
    let piece = pieces[Math.floor(row / ROWS_IN_A_PIECE)];
    if (!piece || piece.length < ROWS_IN_A_PIECE * ROW_BYTES) {
      const whole = Buffer.alloc(ROWS_IN_A_PIECE * ROW_BYTES);
      piece?.copy(whole);
      pieces[Math.floor(row / ROWS_IN_A_PIECE)] = piece = whole;
    }
    keyOf(path).copy(piece, offsetOf(row));
    slots[slotOf(keyOf(path))] = row + 1;
    count += 1;
    if (flags.length < count) {
      const more = new Uint8Array(count * 2);
      more.set(flags);
      flags = more;
    }
    return row;
  };

  const has = (row: number, flag: number): boolean => ((flags[row] as number) & flag) !== 0;
  const facts = new BigInt64Array(STAMP_BYTES / 8);
  const scratch = Buffer.from(facts.buffer);
  const encoded = (stamp: FileStamp): Buffer => {
    // A time can be too far away for 64 bits of nanoseconds; its low bits, which are kept, tell it apart as well.
    facts[0] = stamp.size;
    facts[1] = stamp.mtimeNs;
    facts[2] = stamp.ctimeNs;
    facts[3] = stamp.ino;
    return scratch;
  };
  const isOf = (row: number, stamp: FileStamp): boolean => {
    const offset = offsetOf(row) + KEY_BYTES;
    return pieceOf(row).compare(encoded(stamp), 0, STAMP_BYTES, offset, offset + STAMP_BYTES) === 0;
  };

  return {
    digestOf(path, stamp) {
      const row = find(path);
      if (row < 0 || !isOf(row, stamp)) return undefined;
      const offset = offsetOf(row);
      return PREFIX + pieceOf(row).toString('hex', offset + DIGEST, offset + ROW_BYTES);
    },
    put(path, stamp, digest, isLasting) {
      const found = find(path);
      const row = found < 0 ? add(path) : found;
      const offset = offsetOf(row);
      encoded(stamp).copy(pieceOf(row), offset + KEY_BYTES);
      pieceOf(row).write(digest.slice(PREFIX.length), offset + DIGEST, 'hex');
      if (isLasting) isChanged = true;
      flags[row] = ((flags[row] as number) & ~PASSING) | (isLasting ? 0 : PASSING);
    },
    note(path) {
      const row = find(path);
      if (row < 0 || has(row, NOTED)) return false;
      flags[row] = (flags[row] as number) | NOTED;
      return true;
    },
    wasAnother(path, stamp) {
      const row = find(path);
      return row >= 0 && has(row, NOTED) && (stamp === undefined || !isOf(row, stamp));
    },
    pieces(most) {
      if (!isChanged) return undefined;
      const isAll = count * ROW_BYTES <= most;
      const isKept = (row: number): boolean => !has(row, PASSING) && (isAll || has(row, NOTED));
      const runs: Buffer[] = [];
      for (let row = 0; row < count; row += 1) {
        if (!isKept(row)) continue;
        const from = row;
        while (row + 1 < count && (row + 1) % ROWS_IN_A_PIECE !== 0 && isKept(row + 1)) row += 1;
        runs.push(pieceOf(from).subarray(offsetOf(from), offsetOf(row) + ROW_BYTES));
      }
      return runs.reduce((sum, { length }) => sum + length, 0) <= most ? runs : undefined;
    },
  };
}
