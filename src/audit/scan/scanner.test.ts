import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileModule, createScanner, type ScanSetup, type ScanWord } from './scanner.ts';
import { matcherModule, MEMORY } from './wasm.ts';
import { wordTables } from './words.ts';

const PAGES = 12;

function setupOf(words: readonly ScanWord[]): ScanSetup {
  const { memory, byStart } = wordTables(words.map(({ word }) => word));
  const module = compileModule(matcherModule(PAGES));
  return { module, memory, byStart, words, input: MEMORY.input, stopped: MEMORY.stopped, pages: PAGES };
}

const plain = (word: string): ScanWord => ({
  word,
  pattern: new RegExp(word.replaceAll(/[^\w]/g, String.raw`\$&`), 'y'),
  before: 0,
  after: word.length,
});

function scan(words: readonly ScanWord[], bytes: Buffer, chunk: number, parts: readonly number[] = []) {
  const scanner = createScanner(setupOf(words), parts);
  for (let at = 0; at < bytes.length; at += chunk) scanner.add(bytes.subarray(at, at + chunk));
  return scanner.end();
}

describe('a search for many words', () => {
  test('finds what indexOf finds, wherever it stands and however it arrives', () => {
    const words = ['AKIA', 'ghp_', 'PRIVATE KEY-----', 'SG.', 'npm_', 'xoxb-', '[\0[[\0', 'hooks.slack.com/'];
    const piece = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.constantFrom(...words),
      fc.constantFrom('A', 'gh', 'SG'),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 300 }), (pieces, chunk) => {
        const text = pieces.join('').replaceAll(/[^\0-\u00ff]/g, '?');
        const bytes = Buffer.from(text, 'latin1');
        const expected = words.flatMap((word, index) =>
          [...text.matchAll(new RegExp(word.replaceAll(/[^\w]/g, String.raw`\$&`), 'g'))]
            // After a word of three characters one of a token has to follow.
            .filter(({ index: at }) => word.length > 3 || /[\w-]/.test(text[at + word.length] ?? ''))
            .map(({ index: at }) => `${at} ${index}`),
        );
        const { hits, size } = scan(words.map(plain), bytes, chunk);
        expect(hits.map(({ offset, word }) => `${offset} ${word}`).sort()).toEqual(expected.sort());
        expect(size).toBe(bytes.length);
      }),
      { numRuns: 60 },
    );
  });

  test('finds them at the seams of what is in memory at a time', () => {
    const bytes = Buffer.alloc(3_000_000, 'xyz ');
    const places = Array.from({ length: 200 }, (_, index) => 100 + index * 14_999);
    for (const place of places) bytes.write('AKIA', place, 'latin1');
    const { hits } = scan([plain('AKIA')], bytes, 1_000_000);
    expect(hits.map(({ offset }) => offset)).toEqual(places);
  });

  test('looks behind and ahead of the word', () => {
    const word: ScanWord = { word: 'ghp_', pattern: /(?<!\w)ghp_\w{5}(?!\w)/y, before: 4, after: 40 };
    const { hits } = scan([word], Buffer.from('aghp_12345 ghp_12345 ghp_123456'), 7);
    expect(hits).toEqual([{ word: 0, offset: 11, text: 'ghp_12345' }]);
  });

  test('keeps the parts that are asked for', () => {
    const bytes = Buffer.from(Array.from({ length: 2_000_000 }, (_, index) => index % 251));
    const parts = [0, 10, 500_000, 200_000, 1_999_995, 10];
    const { parts: kept } = scan([plain('none')], bytes, 4096, parts);
    expect(kept.map(({ length }) => length)).toEqual([10, 200_000, 5]);
    expect(Buffer.compare(kept[1] ?? Buffer.alloc(0), bytes.subarray(500_000, 700_000))).toBe(0);
    expect(Buffer.from(kept[2] ?? [])).toEqual(bytes.subarray(1_999_995));
  });
});
