/**
 * The ignore matcher and the word expander against the plainest way to do the same, on generated input: a matcher that
 * tries everything segment by segment, and words whose value is worked out from what they were made of.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { createMatcher, parseIgnoreFile } from './ignore.ts';
import { expandWord } from './words.ts';

describe('the ignore matcher', () => {
  const segment = fc.constantFrom(
    'a',
    'b',
    'ab',
    'a.b',
    '*',
    'a*',
    '*b',
    '?',
    'a?',
    '**',
    '[ab]',
    '[^a]',
    '\\*',
    '.a',
  );
  const pattern = fc
    .tuple(fc.boolean(), fc.array(segment, { minLength: 1, maxLength: 4 }))
    .map(([except, segments]) => `${except ? '!' : ''}${segments.join('/')}`);
  const path = fc
    .array(fc.constantFrom('a', 'b', 'ab', 'a.b', '*', '.a', 'ba', 'c'), { minLength: 1, maxLength: 5 })
    .map((segments) => segments.join('/'));

  test('leaves out what the plain one leaves out', () => {
    const input = fc.tuple(
      fc.array(pattern, { maxLength: 5 }),
      fc.array(path, { minLength: 1, maxLength: 8 }),
    );
    fc.assert(
      fc.property(input, ([patterns, paths]) => {
        const matcher = createMatcher(parseIgnoreFile(patterns.join('\n')));
        for (const each of paths)
          expect([each, matcher.matches(each)]).toEqual([each, isLeftOut(patterns, each)]);
      }),
      { numRuns: 3000 },
    );
  });

  test('enters every folder in which something is not left out', () => {
    const input = fc.tuple(fc.array(pattern, { maxLength: 5 }), path);
    fc.assert(
      fc.property(input, ([patterns, each]) => {
        const matcher = createMatcher(parseIgnoreFile(patterns.join('\n')));
        if (isLeftOut(patterns, each)) return;
        for (const folder of above(each))
          expect([folder, matcher.mayContainIncluded(folder)]).toEqual([folder, true]);
      }),
      { numRuns: 3000 },
    );
  });
});

/** The last pattern that matches the path or a folder above it decides. */
function isLeftOut(patterns: readonly string[], path: string): boolean {
  let result = false;
  for (const pattern of patterns) {
    const except = pattern.startsWith('!');
    const segments = pattern.slice(except ? 1 : 0).split('/');
    if ([path, ...above(path)].some((each) => matches(segments, each.split('/')))) result = !except;
  }
  return result;
}

function above(path: string): readonly string[] {
  const segments = path.split('/');
  return segments.slice(1).map((_, index) => segments.slice(0, index + 1).join('/'));
}

function matches(pattern: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === '**' && rest.length === 0) return path.length > 0;
  if (first === '**') return path.some((_, index) => matches(rest, path.slice(index)));
  const [name, ...others] = path;
  return name !== undefined && toExpression(first).test(name) && matches(rest, others);
}

function toExpression(segment: string): RegExp {
  const parts: Readonly<Record<string, string>> = {
    '*': '[^/]*',
    '?': '[^/]',
    '.': '\\.',
    '[ab]': '[ab]',
    '[^a]': '[^a]',
    '\\*': '\\*',
  };
  const source = segment.replaceAll(/\[.*?\]|\\.|[*?.]/g, (part) => parts[part] ?? part);
  return new RegExp(`^${source}$`);
}

describe('the word expander', () => {
  const VALUES: Readonly<Record<string, string>> = { full: 'one.two.one', empty: '', glob: 'a*b' };
  const lookup = (name: string): string | undefined => VALUES[name];

  /** A piece of a word: how it is written inside and outside of double quotes, and what it comes to. */
  interface Piece {
    readonly text: string;
    /** Undefined where expanding it is an error. */
    readonly value: string | undefined;
  }

  const name = fc.constantFrom('full', 'empty', 'glob', 'unset');
  const plain = fc
    .constantFrom('x', 'yz', '.', '-', '/', ':', 'é', '=')
    .map((text): Piece => ({ text, value: text }));
  const escaped = fc.constantFrom('$', '"', '\\').map((text): Piece => ({ text: `\\${text}`, value: text }));
  const simple = name.chain((each) =>
    fc.constantFrom(`$${each}`, `\${${each}}`).map((text): Piece => ({ text, value: VALUES[each] ?? '' })),
  );
  const { piece } = fc.letrec<{ piece: Piece; word: Piece; modified: Piece }>((tie) => ({
    piece: fc.oneof({ depthSize: 'small', withCrossShrink: true }, plain, escaped, simple, tie('modified')),
    word: fc.array(tie('piece'), { maxLength: 3 }).map(join),
    modified: fc
      .tuple(name, fc.constantFrom(':-', '-', ':+', '+', ':?', '?'), tie('word'))
      .map(([each, operator, word]) => modify(each, operator, word)),
  }));

  /** `$name` before a letter would be another name: braces are only left out where nothing can follow. */
  function join(pieces: readonly Piece[]): Piece {
    const text = pieces.map((each) => each.text.replace(/^\$(\w+)$/, '${$1}')).join('');
    const values = pieces.map(({ value }) => value);
    return { text, value: values.includes(undefined) ? undefined : values.join('') };
  }

  function modify(each: string, operator: string, word: Piece): Piece {
    const value = VALUES[each];
    const isMissing = value === undefined || (operator.startsWith(':') && value === '');
    const text = `\${${each}${operator}${word.text}}`;
    // The word is always expanded, also where its value is not used.
    if (word.value === undefined) return { text, value: undefined };
    if (operator.endsWith('-')) return { text, value: isMissing ? word.value : value };
    if (operator.endsWith('+')) return { text, value: isMissing ? '' : word.value };
    return { text, value: isMissing ? undefined : value };
  }

  const expanded = (text: string): string | undefined => {
    try {
      return expandWord(text, lookup);
    } catch (error) {
      if (error instanceof DecantError) return undefined;
      throw error;
    }
  };

  test('gives what the pieces of a word come to', () => {
    const word = fc.array(piece, { maxLength: 5 }).map(join);
    fc.assert(
      fc.property(word, fc.boolean(), ({ text, value }, isQuoted) => {
        expect([text, expanded(isQuoted ? `"${text}"` : text)]).toEqual([text, value]);
        expect(expandWord(`'${text.replaceAll("'", '')}'`, lookup)).toBe(text.replaceAll("'", ''));
      }),
      { numRuns: 3000 },
    );
  });

  test('trims and replaces as trying every length does', () => {
    const pattern = fc.array(fc.constantFrom('o', 'n', 'e', '.', '*', '?', 'one', 't'), {
      minLength: 1,
      maxLength: 4,
    });
    const kind = fc.constantFrom('#', '##', '%', '%%', '/', '//');
    fc.assert(
      fc.property(pattern, kind, (parts, operator) => {
        const glob = parts.join('');
        const text = `\${full${operator}${glob}${operator.startsWith('/') ? '/R' : ''}}`;
        expect([text, expandWord(text, lookup)]).toEqual([
          text,
          substitute(operator, glob, VALUES['full'] ?? ''),
        ]);
      }),
      { numRuns: 2000 },
    );
  });
});

function substitute(operator: string, glob: string, value: string): string {
  const isMatch = (part: string): boolean => globMatches(glob, part);
  const cuts = Array.from({ length: value.length + 1 }, (_, index) => index);
  if (operator.startsWith('#')) {
    const lengths = cuts.filter((length) => isMatch(value.slice(0, length)));
    const cut = operator === '##' ? lengths.at(-1) : lengths[0];
    return value.slice(cut ?? 0);
  }
  if (operator.startsWith('%')) {
    const starts = cuts.filter((start) => isMatch(value.slice(start)));
    const cut = operator === '%%' ? starts[0] : starts.at(-1);
    return value.slice(0, cut ?? value.length);
  }
  let result = '';
  for (let start = 0; start <= value.length;) {
    const end = cuts.findLast((each) => each >= start && each > start && isMatch(value.slice(start, each)));
    const isDone = end === undefined || (operator === '/' && result.includes('R'));
    result += isDone ? value.slice(start, start + 1) : 'R';
    start = isDone ? start + 1 : end;
  }
  return result;
}

function globMatches(glob: string, text: string): boolean {
  if (glob === '') return text === '';
  const rest = glob.slice(1);
  if (glob.startsWith('*'))
    return globMatches(rest, text) || (text !== '' && globMatches(glob, text.slice(1)));
  return text !== '' && (glob.startsWith('?') || glob[0] === text[0]) && globMatches(rest, text.slice(1));
}
