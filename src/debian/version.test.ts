import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import type { Relation } from './package.ts';
import { versionText } from './testing/versions.ts';
import { compareVersions, isVersion, satisfies, splitVersion } from './version.ts';

describe('of two versions', () => {
  test.each([
    ['1.0', '=', '1.0'],
    ['1.0', '=', '0:1.0'],
    ['1.0', '=', '1.0-0'],
    ['1.0-', '=', '1.0-0'],
    ['1.00', '=', '1.0'],
    ['1.', '=', '1.0'],
    ['1.a', '>', '1.0a'],
    ['1.0~rc1', '<', '1.0'],
    ['1.0~~', '<', '1.0~'],
    ['1.0~rc1', '<', '1.0~rc1-1'],
    ['1.0', '<', '1.0a'],
    ['1.0a', '<', '1.0+'],
    ['1.0-1', '<', '1.0-1.1'],
    ['1.0-1', '<', '1.0-1+b1'],
    ['1.9', '<', '1.10'],
    ['9', '<', '1:1'],
    ['2-1-1', '>', '2-1'],
    ['1.0-9', '<', '1.0-a'],
    ['20230101120000123456789', '<', '20230101120000123456790'],
    ['7.88.1-10+deb12u8', '<', '7.88.1-10+deb12u12'],
    ['3.0~deb12u1', '<', '3.0'],
  ])('%s %s %s', (a, relation, b) => {
    const expected = { '<': -1, '=': 0, '>': 1 }[relation] ?? Number.NaN;
    expect(Math.sign(compareVersions(a, b))).toBe(expected);
    expect(Math.sign(compareVersions(b, a))).toBe(0 - expected);
  });
});

test('the epoch ends at the first colon, the revision begins after the last hyphen', () => {
  expect(splitVersion('2:1.0:3-4-5')).toEqual({ epoch: '2', upstream: '1.0:3-4', revision: '5' });
  expect(splitVersion('1.0')).toEqual({ epoch: '0', upstream: '1.0', revision: '0' });
});

test.each([
  ['1', '<<', '2', true],
  ['2', '<<', '2', false],
  ['2', '<=', '2', true],
  ['2', '=', '2-0', true],
  ['2', '>=', '3', false],
  ['3', '>>', '3', false],
  ['3', '>>', '3~', true],
] satisfies readonly [string, Relation, string, boolean][])(
  '%s satisfies %s %s: %s',
  (version, relation, wanted, yes) => {
    expect(satisfies(version, relation, wanted)).toBe(yes);
  },
);

test.each(['1', '1:2.3-4', '0~git2024+dfsg-1~bpo12+1', '2.0-rc1-3'])('%s is a version', (text) => {
  expect(isVersion(text)).toBe(true);
});

test.each(['', 'a', '1 0', '1.0-', 'x:1', '1_0', '~1'])('%j is none', (text) => {
  expect(isVersion(text)).toBe(false);
});

test('the order is one', () => {
  fc.assert(
    fc.property(versionText, versionText, versionText, (a, b, c) => {
      expect(Math.sign(compareVersions(a, b))).toBe(0 - Math.sign(compareVersions(b, a)));
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) {
        expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }
    }),
    { numRuns: 3000 },
  );
});
