import { expect, test } from 'vitest';
import { parseBoolean, parseDuration, parseSize, parseUnsigned } from './values.ts';

test.each([
  ['0', 0],
  ['30s', 30e9],
  ['1h2m3s4ms5us6ns', 3_723_004_005_006],
  ['1.5h', 5400e9],
  ['.5s', 5e8],
  ['0.3s', 3e8],
  ['2µs', 2000],
  ['+1m', 60e9],
  ['-1s', -1e9],
])('%s is a duration of %d nanoseconds', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([
  ['', 'time: invalid duration ""'],
  ['s', 'time: invalid duration "s"'],
  ['.s', 'time: invalid duration ".s"'],
  ['5', 'time: missing unit in duration "5"'],
  ['5x', 'time: unknown unit "x" in duration "5x"'],
  ['9999999h', 'time: invalid duration "9999999h"'],
])('%j is no duration', (text, message) => {
  expect(() => parseDuration(text)).toThrow(message);
});

test.each([
  ['4096', 4096],
  ['128m', 134_217_728],
  ['1.5GiB', 1_610_612_736],
  ['64 kb', 65_536],
  ['7B', 7],
  ['1t', 2 ** 40],
])('%s is a size of %d bytes', (text, expected) => {
  expect(parseSize(text)).toBe(expected);
});

test.each(['', 'm', '-1', '1x', '1mm', '9'.repeat(30), '1e3'])('%j is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test('booleans and unsigned numbers have Go’s notations', () => {
  expect(['1', 't', 'True', '0', 'F', 'false', 'yes', ''].map(parseBoolean)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
    undefined,
    undefined,
  ]);
  expect([parseUnsigned('755', 8), parseUnsigned('8', 8), parseUnsigned('8', 10)]).toEqual([
    0o755,
    undefined,
    8,
  ]);
  expect([parseUnsigned('4294967295', 10), parseUnsigned('4294967296', 10), parseUnsigned('', 10)]).toEqual([
    4_294_967_295,
    undefined,
    undefined,
  ]);
});
