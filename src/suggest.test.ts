import { expect, test } from 'vitest';
import { didYouMean, nearest, nearestExactly } from './suggest.ts';

const NAMES = ['COPY', 'CMD', 'ENTRYPOINT', 'RUN'];

test.each([
  ['COYP', 'COPY'],
  ['copi', 'COPY'],
  ['ENTRYPONT', 'ENTRYPOINT'],
  ['RNU', 'RUN'],
  ['COPYFILES', undefined],
  ['x'.repeat(10_000), undefined],
])('nearest to %.20s', (value, expected) => {
  expect(nearest(value, NAMES)).toBe(expected);
});

test('the hint is a question, or nothing', () => {
  expect(didYouMean('RUM', NAMES)).toBe('did you mean RUN?');
  expect(didYouMean('nothing like it', NAMES)).toBeUndefined();
});

test('letters that changed places are one slip', () => {
  expect(nearest('RNU', ['ENV', 'RUN'])).toBe('RUN');
  expect(nearestExactly('NMAE', ['NAMES', 'NAME'])).toBe('NAME');
  expect(nearestExactly('name', ['NAME'])).toBeUndefined();
});
