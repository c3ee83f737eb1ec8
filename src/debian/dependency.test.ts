import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { DecantError } from '../errors.ts';
import {
  formatClause,
  formatDependency,
  parseClauses,
  parseDependencies,
  parseDependency,
} from './dependency.ts';
import { processorTime, SLOWNESS } from '../../test/support/speed.ts';

describe('relations', () => {
  test.each([
    ['a', 'a'],
    ['a, b', 'a; b'],
    ['a|b , c', 'a | b; c'],
    ['libc6 (>= 2.36), x (<< 1:2.0~rc1-3+b1)', 'libc6 (>= 2.36); x (<< 1:2.0~rc1-3+b1)'],
    ['a(>=1)', 'a (>= 1)'],
    ['a ( = 1 )', 'a (= 1)'],
    ['python3:any (>= 3.9)', 'python3:any (>= 3.9)'],
    ['gcc:amd64', 'gcc:amd64'],
    ['a (< 1), b (> 1)', 'a (<= 1); b (>= 1)'],
    ['a,\n b,\n c,', 'a; b; c'],
    ['', ''],
  ])('%j are %j', (text, expected) => {
    expect(parseClauses(text).map(formatClause).join('; ')).toBe(expected);
  });

  test.each([
    'a b',
    'a (1)',
    'a (>= )',
    'a (>> 1',
    'a (=> 1)',
    'a [amd64]',
    'a <!nocheck>',
    'a | ',
    '-a',
    'a (>= 1) b',
    'a:(>= 1)',
  ])('%j are none', (text) => {
    expect(() => parseClauses(text, 'x')).toThrow(/^x: .* is no relation to a package$/);
  });

  test('without alternatives have no bar', () => {
    expect(parseDependencies('a (= 1), b').map(formatDependency)).toEqual(['a (= 1)', 'b']);
    expect(() => parseDependencies('a | b')).toThrow(DecantError);
  });

  test('say nothing of what they do not have', () => {
    expect(parseDependency('a')).toEqual({ name: 'a' });
  });

  test('of any length are read in no time', () => {
    const took = processorTime(() =>
      expect(() => parseDependency(`a${' '.repeat(200_000)}(`)).toThrow(DecantError),
    );
    expect(took).toBeLessThan(1000 * SLOWNESS);
  });

  test('read what is written', () => {
    const dependency = fc.record(
      {
        name: fc.stringMatching(/^[a-z0-9][a-z0-9+.-]{1,8}$/),
        architecture: fc.constantFrom('any', 'amd64', 'i386'),
      },
      { requiredKeys: ['name'] },
    );
    const relation = fc.option(
      fc.record({
        relation: fc.constantFrom('<<', '<=', '=', '>=', '>>'),
        version: fc.stringMatching(/^[0-9][a-z0-9+.~:-]{0,8}$/),
      }),
    );
    fc.assert(
      fc.property(dependency, relation, (one, wanted) => {
        const whole = { ...one, ...wanted };
        expect(parseDependency(formatDependency(whole as typeof one))).toEqual(whole);
      }),
    );
  });
});
