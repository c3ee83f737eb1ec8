import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { printable } from './printable.ts';
import { processorTime, SLOWNESS } from '../../../test/support/speed.ts';

describe('printable text', () => {
  test.each([
    ['stays', 'plain\ttext\nof two lines', 'plain\ttext\nof two lines'],
    ['stays in any script', 'größe 大小 👩‍🚀', 'größe 大小 👩‍🚀'],
    ['has no colours', '\u001B[1;31mred\u001B[0m', 'red'],
    ['moves no cursor', 'a\u001B[2Jb\u001B[10;10Hc', 'abc'],
    ['names no window', '\u001B]0;title\u0007x', 'x'],
    ['makes no link', '\u001B]8;;http://evil\u001B\\text\u001B]8;;\u001B\\', 'text'],
    ['fills no clipboard with 8-bit controls', '\u009D52;c;AAAA\u009Cx', 'x'],
    ['has no 8-bit control sequences', 'a\u009B31mb', 'ab'],
    ['chooses no character set', '\u001B(0lqk\u001B(B', 'lqk'],
    ['resets nothing', '\u001Bcx', 'x'],
    ['shows a sequence without an end', '\u001B]0;title', '␛]0;title'],
    ['shows what is left of an interrupted one', '\u001B[31', '␛[31'],
    ['shows control characters', 'a\u0000b\u0008c\u007F', 'a␀b␈c␡'],
    ['reorders nothing', 'abc\u202Etxt.exe', 'abc\uFFFDtxt.exe'],
    ['has no half characters', 'a\uD800b', 'a\uFFFDb'],
    ['has Unix line ends', 'a\r\nb\r', 'a\nb'],
    ['shows a return within a line', 'a\rb', 'a␍b'],
  ])('%s', (_rule, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test('has nothing in it that a terminal obeys, and is its own printable form', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom(
        '\u001B',
        '\u001B[',
        '\u001B]',
        '\u009B',
        '\u0007',
        '\u009C',
        '0;1m',
        '\u001B\\',
        '\r',
        '\n',
        '\u202E',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const once = printable(pieces.join(''));
        expect(once).not.toMatch(/[^\P{Cc}\n\t]/u);
        expect(once).not.toMatch(/\p{Cs}|[\u202A-\u202E\u2066-\u2069]/u);
        expect(printable(once)).toBe(once);
      }),
    );
  });

  test('of a hostile megabyte takes no time', () => {
    for (const piece of ['\u001B]', '\u001B[', '\u009D', '\u001B[1;']) {
      const took = processorTime(() => printable(piece.repeat(300_000)));
      expect(took).toBeLessThan(3000 * SLOWNESS);
    }
  });
});
