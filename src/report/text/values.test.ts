import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatBytes, formatRate } from './bytes.ts';
import { createPaint, wantsColor } from './color.ts';
import { formatCount } from './count.ts';
import { formatAge, formatDuration, formatSeconds } from './duration.ts';
import { clip, pad, textWidth } from './width.ts';

describe('sizes', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [1023, '1.02 kB'],
    [9_994, '9.99 kB'],
    [9_995, '10.0 kB'],
    [99_949, '99.9 kB'],
    [99_950, '100 kB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [1_830_000, '1.83 MB'],
    [861_000_000, '861 MB'],
    [1_270_000_000, '1.27 GB'],
    [Number.MAX_SAFE_INTEGER, '9.01 PB'],
    [-1, '?'],
    [Number.NaN, '?'],
    [Infinity, '?'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  test('never take more than seven characters', () => {
    fc.assert(fc.property(fc.maxSafeNat(), (bytes) => formatBytes(bytes).length <= 7));
  });

  test('per second, where there was time', () => {
    expect(formatRate(40_000_000, 8000)).toBe('5.00 MB/s');
    expect(formatRate(40_000_000, 0)).toBe('');
  });
});

describe('times', () => {
  test.each([
    [0, '0.0s'],
    [-5, '0.0s'],
    [1249, '1.2s'],
    [59_949, '59.9s'],
    [59_951, '1m 00s'],
    [64_000, '1m 04s'],
    [3_599_400, '59m 59s'],
    [3_599_600, '1h 00m'],
    [7_384_000, '2h 03m'],
  ])('%d milliseconds are %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  test('on the clock of a log line', () => {
    expect(formatSeconds(412)).toBe('0.412');
  });

  test.each([
    ['2026-01-01T00:00:00Z', '-1', 'just now'],
    ['2025-12-31T23:59:59Z', '', '1 second ago'],
    ['2025-12-31T22:30:00Z', '', '1 hour ago'],
    ['2025-12-29T00:00:00Z', '', '3 days ago'],
    ['2025-12-10T00:00:00Z', '', '3 weeks ago'],
    ['2023-06-01T00:00:00Z', '', '2 years ago'],
    ['1970-01-01T00:00:00Z', '', '-'],
    ['yesterday', '', '-'],
    [undefined, '', '-'],
    ['2027-01-01T00:00:00Z', '', 'just now'],
  ])('%s was %s%s', (created, _, text) => {
    expect(formatAge(created, Date.parse('2026-01-01T00:00:00Z'))).toBe(text);
  });
});

test('counts', () => {
  expect([0, 1, 2].map((count) => formatCount(count, 'step'))).toEqual(['0 steps', '1 step', '2 steps']);
  expect(formatCount(2, 'entry', 'entries')).toBe('2 entries');
});

describe('colours', () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
    [{ TERM: 'dumb' }, true, false],
  ])('with %o on a terminal: %s', (environment, isTTY, wanted) => {
    expect(wantsColor(environment, isTTY)).toBe(wanted);
  });

  test('are painted only where they are wanted', () => {
    expect(createPaint(false)('red', 'x')).toBe('x');
    expect(createPaint(true)('red', 'x')).toBe('\u001B[31mx\u001B[39m');
    expect(createPaint(true)(undefined, 'x')).toBe('x');
  });
});

describe('cells', () => {
  test.each([
    ['plain', 5],
    ['größe', 5],
    ['大小', 4],
    ['ｆｕｌｌ', 8],
    ['e\u0301', 1],
    ['🚀', 2],
    ['✓ ✗ … ⠋', 7],
    ['', 0],
  ])('%s takes %i', (text, cells) => {
    expect(textWidth(text)).toBe(cells);
  });

  test('are padded on either side', () => {
    expect(pad('大', 4)).toBe('大  ');
    expect(pad('大', 4, 'right')).toBe('  大');
    expect(pad('long', 2)).toBe('long');
  });

  test('are cut between characters', () => {
    expect(clip('abcdef', 6)).toBe('abcdef');
    expect(clip('abcdef', 5)).toBe('abcd…');
    expect(clip('大小大小', 6)).toBe('大小…');
    expect(clip('abc', 0)).toBe('');
  });

  test('of a cut text are never more than allowed', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.nat(30),
        (text, width) => textWidth(clip(text, width)) <= width,
      ),
    );
  });
});
