import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutLines, lastLine } from './lines.ts';

function cutAll(pieces: readonly string[]): readonly string[] {
  let rest = '';
  const lines: string[] = [];
  for (const piece of pieces) {
    const cut = cutLines(rest, piece);
    lines.push(...cut.lines);
    rest = cut.rest;
  }
  return [...lines, ...lastLine(rest)];
}

describe('output is cut into lines', () => {
  test.each([
    [['a\nb\n'], ['a', 'b']],
    [
      ['a', 'b\nc'],
      ['ab', 'c'],
    ],
    [['a\n\nb'], ['a', '', 'b']],
    [
      ['a\r\nb\r', '\nc'],
      ['a', 'b', 'c'],
    ],
    [['1%\r2%\r', '3%\n'], ['3%']],
    [['1%\r2%\r\n'], ['2%']],
    [['1%\r', '2%\r'], ['2%']],
    [[''], []],
  ])('%j', (pieces, lines) => {
    expect(cutAll(pieces)).toEqual(lines);
  });

  test('the same however it comes in pieces', () => {
    const piece = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '\r') });
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        expect(cutAll(pieces)).toEqual(cutAll([pieces.join('')]));
      }),
    );
  });

  test('that are bounded, whether or not the process ever ends one', () => {
    for (const piece of ['x'.repeat(1000), `${'x'.repeat(50_000)}\n`]) {
      const lines = cutAll(Array.from({ length: 100 }, () => piece));
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(16_384);
      expect(lines.join('')).toHaveLength(piece.replace('\n', '').length * 100);
    }
  });
});
