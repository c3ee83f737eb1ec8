import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AdvisoryRange } from './advisory.ts';
import { matchAdvisory } from './match.ts';
import { versionOrder } from './versions/compare.ts';

const compare = versionOrder('Debian:13');
const advisory = (...ranges: readonly AdvisoryRange[]) => {
  return { id: 'A', aliases: [], severity: 'unknown' as const, ranges };
};

describe('a version is affected', () => {
  const one = advisory({ introduced: ['0', '3.0'], fixed: ['1.5', '3.2'] });

  test.each([
    ['1.0', '1.5'],
    ['1.5~rc1', '1.5'],
    ['3.0', '3.2'],
  ])('%s, mended in %s', (version, fixed) => {
    expect(matchAdvisory(one, version, compare)).toEqual({ fixed });
  });

  test.each(['1.5', '2.0', '3.2', '3.2-1', '4'])('not %s', (version) => {
    expect(matchAdvisory(one, version, compare)).toBeUndefined();
  });

  test('up to the last one that is, that included', () => {
    const last = advisory({ introduced: ['1.0'], lastAffected: ['2.0'] });
    expect(['0.9', '1.0', '2.0', '2.1'].map((version) => matchAdvisory(last, version, compare))).toEqual([
      undefined,
      {},
      {},
      undefined,
    ]);
  });

  test('for ever where nothing mends it', () => {
    expect(matchAdvisory(advisory({ introduced: ['0'] }), '99:9', compare)).toEqual({});
  });

  test('by name where there are no ranges', () => {
    const named = { ...advisory(), versions: ['1.0', '1.1'] };
    expect(matchAdvisory(named, '1.1', undefined)).toEqual({});
    expect(matchAdvisory(named, '1.2', undefined)).toBeUndefined();
  });

  test('in whatever order the events stand', () => {
    const number = fc.nat(20);
    fc.assert(
      fc.property(fc.uniqueArray(number, { minLength: 2, maxLength: 6 }), number, (points, version) => {
        const sorted = points.toSorted((a, b) => a - b);
        const starts = sorted.filter((_, index) => index % 2 === 0).map(String);
        const ends = sorted.filter((_, index) => index % 2 === 1).map(String);
        const expected = sorted.filter((point) => point <= version).length % 2 === 1;
        const shuffled = advisory({ introduced: starts.toReversed(), fixed: ends.toReversed() });
        expect(matchAdvisory(shuffled, String(version), compare) !== undefined).toBe(expected);
      }),
    );
  });
});
