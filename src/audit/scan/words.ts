/**
 * The tables that a search for words works with (wasm.ts), made once for a set of words.
 */
import { HASH_FACTOR, HASH_SHIFT, MEMORY } from './wasm.ts';

export interface WordTables {
  /** What the module's memory begins with. */
  readonly memory: Uint8Array;
  /** By the four bytes that were found, as a little-endian number: which words they may be of, and where in them. */
  readonly byStart: ReadonlyMap<number, readonly { readonly word: number; readonly at: number }[]>;
}

/** How many bytes of a word are looked for. */
const LENGTH = 4;
const GROUPS = 8;

/** Words are Latin-1, of three characters at least; after one of three any letter, digit, `_` or `-` may follow. */
export function wordTables(words: readonly string[]): WordTables {
  const memory = new Uint8Array(MEMORY.hashes + 4096);
  const byStart = new Map<number, { word: number; at: number }[]>();
  const starts = words.flatMap((word, index) =>
    beginnings(word).map(({ part, at }) => {
      const bytes = Buffer.from(part, 'latin1');
      const key = bytes.readUInt32LE(0);
      byStart.set(key, [...(byStart.get(key) ?? []), { word: index, at }]);
      memory[MEMORY.hashes + (Math.imul(key, HASH_FACTOR) >>> HASH_SHIFT)] = 1;
      return bytes;
    }),
  );
  // Words that begin alike go together: what a group lets through is every mixture of its bytes.
  const sorted = starts.toSorted((a, b) => Buffer.compare(a, b));
  for (const [index, bytes] of sorted.entries()) {
    const group = 1 << Math.floor((index * GROUPS) / sorted.length);
    for (const [position, byte] of bytes.entries()) {
      const [low, high] = [2 * position * 16 + (byte & 15), (2 * position + 1) * 16 + (byte >> 4)];
      memory[low] = (memory[low] ?? 0) | group;
      memory[high] = (memory[high] ?? 0) | group;
    }
  }
  return { memory, byStart };
}

const FOLLOWING = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';

function beginnings(word: string): readonly { readonly part: string; readonly at: number }[] {
  if (word.length < LENGTH) return FOLLOWING.split('').map((next) => ({ part: word + next, at: 0 }));
  const at = rarestPart(word);
  return [{ part: word.slice(at, at + LENGTH), at }];
}

/** Where the four bytes begin that files have least often: capitals, digits and signs rather than small letters. */
function rarestPart(word: string): number {
  let best = 0;
  let most = -1;
  for (let at = 0; at + LENGTH <= word.length; at += 1) {
    const part = word.slice(at, at + LENGTH);
    const rarity = part.split('').reduce((sum, character) => sum + rarityOf(character), 0);
    if (rarity > most) [best, most] = [at, rarity];
  }
  return best;
}

function rarityOf(character: string): number {
  if (/[a-z]/.test(character)) return 'jqxzvkw'.includes(character) ? 3 : 1;
  if (/[A-Z]/.test(character)) return 'JQXZVKW'.includes(character) ? 5 : 3;
  return /[ \-=.]/.test(character) ? 1 : 3;
}
