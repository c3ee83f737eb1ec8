import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createGlob, createPathAutomaton, compilePattern, hasWildcards, matchGlob } from './glob.ts';
import { processorTime, SLOWNESS } from '../../test/support/speed.ts';

describe('a wildcard of COPY', () => {
  test.each([
    ['*', 'a.txt', true],
    ['*', '', true],
    ['*', 'a/b', false],
    ['*.t?t', 'a.txt', true],
    ['*.t?t', 'a.tt', false],
    ['a*b*c', 'a1b2bc', true],
    ['a*b*c', 'a1b2b', false],
    ['a?c', 'a/c', false],
    ['a?c', 'a🙂c', true],
    ['[a-c]x', 'bx', true],
    ['[a-c]x', 'dx', false],
    ['[^a-c]x', 'dx', true],
    ['[^a-c]x', 'bx', false],
    ['[!a]x', '!x', true],
    ['[α-ω]', 'β', true],
    ['[\\]\\-]', ']', true],
    ['[\\]\\-]', '-', true],
    ['[*?]', '*', true],
    ['[*?]', 'a', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['a\\b', 'ab', true],
    ['{a,b}', 'a', false],
    ['(a|b)+.$', '(a|b)+.$', true],
    ['**', 'a/b', false],
  ])('%s on %j: %s', (pattern, name, expected) => {
    expect(matchGlob(pattern, name)).toBe(expected);
  });

  test.each([
    ['**/c', 'a/b/c', true],
    ['**/c', 'c', true],
    ['**/c', 'bc', false],
    ['a/**/c', 'a/c', true],
    ['a/**/c', 'a/x/y/c', true],
    ['a/**/c', 'ac', false],
    ['a/**', 'a/b/c', true],
    ['a/**', 'a', false],
  ])('with --parents, %s on %s: %s', (pattern, name, expected) => {
    expect(createGlob(pattern, { doubleStar: true }).matches(name)).toBe(expected);
  });

  test.each(['[', '[]', '[]a]', '[^]', '[a', '[a-', '[a-]', '[-a]', '[a-b-c]', 'a\\', '[\\'])(
    '%s is malformed',
    (pattern) => {
      expect(() => createGlob(pattern)).toThrow(`syntax error in pattern ${JSON.stringify(pattern)}`);
    },
  );

  test.each([
    ['a*', true],
    ['a?', true],
    ['[a]', true],
    ['a\\*b', false],
    ['a\\\\*', true],
    ['a.b', false],
  ])('%s has wildcards: %s', (pattern, expected) => {
    expect(hasWildcards(pattern)).toBe(expected);
  });
});

const EXPRESSIONS = new Map([
  ['.', '\\.'],
  ['*', '[^/]*'],
  ['?', '[^/]'],
]);

test('agrees with a regular expression made of the same pattern', () => {
  const part = fc.constantFrom('a', 'b', '/', '.', '*', '?', '[ab]', '[^a]', '\\*');
  const pattern = fc.array(part, { maxLength: 8 });
  const name = fc
    .array(fc.constantFrom('a', 'b', '/', '.', '*'), { maxLength: 8 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, name, (parts, name) => {
      const source = parts.map((part) => EXPRESSIONS.get(part) ?? part).join('');
      expect(matchGlob(parts.join(''), name)).toBe(new RegExp(`^${source}$`, 's').test(name));
    }),
    { numRuns: 2000 },
  );
});

test('a pattern full of stars costs no more than its length times that of the name', () => {
  const glob = createGlob(`${'a*'.repeat(500)}b`);
  const took = processorTime(() => expect(glob.matches('a'.repeat(4096))).toBe(false));
  expect(took).toBeLessThan(1000 * SLOWNESS);
});

test('an automaton knows whether a path can still match, and whether a folder above it does', () => {
  const tokens = compilePattern('a/*/c', true) ?? [];
  expect(createPathAutomaton(tokens).feed('a/').alive).toBe(true);
  expect(createPathAutomaton(tokens).feed('b/').alive).toBe(false);
  const deep = createPathAutomaton(tokens).feed('a/b/c/d');
  expect([deep.accepted, deep.parentAccepted]).toEqual([false, true]);
});
