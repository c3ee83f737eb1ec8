import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanPath, createMatcher, parseIgnoreFile } from './ignore.ts';

describe('an ignore file', () => {
  test('has one pattern a line, trimmed and cleaned', () => {
    const text = [
      '\uFEFF# comment',
      '',
      '  node_modules  ',
      '  #not-a-comment\r',
      '/dist/',
      './a//b/../c',
      '!/keep',
      '! keep/too',
      '/',
    ].join('\n');
    expect(parseIgnoreFile(text)).toEqual([
      'node_modules',
      '#not-a-comment',
      'dist',
      'a/c',
      '!keep',
      '!keep/too',
      '/',
    ]);
  });

  test.each([
    ['a\n!', 2, 'illegal exclusion pattern: "!"'],
    ['[a', 1, 'syntax error in pattern "[a"'],
    ['a\n\n!b[', 3, 'syntax error in pattern "!b["'],
  ])('%j is refused at line %d', (text, line, message) => {
    const place = { file: 'x.dockerignore', start: line, end: line, source: text };
    expect(() => parseIgnoreFile(text, { file: 'x.dockerignore' })).toThrow(
      expect.objectContaining({ code: 'IGNORE_FILE_INVALID', message, place }),
    );
  });
});

describe('a path is left out', () => {
  test.each<[string[], string, boolean]>([
    [['a'], 'a', true],
    [['a'], 'a/b/c', true],
    [['a'], 'ab', false],
    [['a'], 'x/a', false],
    [['a/b'], 'a', false],
    [['*'], 'a/b', true],
    [['*.md'], 'a.md', true],
    [['*.md'], 'docs/a.md', false],
    [['*/*.md'], 'docs/a.md', true],
    [['**/*.md'], 'a.md', true],
    [['**/*.md'], 'x/y/a.md', true],
    [['**/*.md'], 'a.mdx', false],
    [['**/tmp'], 'tmp', true],
    [['**/tmp'], 'x/tmp/y', true],
    [['**/tmp'], 'x/atmp', false],
    [['**/a/b'], 'x/a/b/c', true],
    [['**tmp'], 'x/atmp', true],
    [['**tmp'], 'atmp/x', true],
    [['a/**'], 'a', false],
    [['a/**'], 'a/b', true],
    [['a/**/z'], 'a/z', true],
    [['a/**/z'], 'a/b/c/z', true],
    [['a**z'], 'a/b/z', true],
    [['**'], 'anything/at/all', true],
    [['temp?'], 'temp1', true],
    [['temp?'], 'temp', false],
    [['[a-c].txt'], 'b.txt', true],
    [['\\!a'], '!a', true],
    [['a+b(1).{x}|$'], 'a+b(1).{x}|$', true],
    [['*', '!src'], 'src/a.ts', false],
    [['*', '!src'], 'src', false],
    [['*', '!src', 'src/*.test.ts'], 'src/a.test.ts', true],
    [['*', '!src/**/*.ts'], 'src/x/a.ts', false],
    [['*', '!src/**/*.ts'], 'src/x/a.js', true],
    [['!src', '*'], 'src/a', true],
    [['*.md', '!README*.md', 'README-secret.md'], 'README-secret.md', true],
    [['*.md', 'README-secret.md', '!README*.md'], 'README-secret.md', false],
    [['.'], 'a', false],
    [[], 'a', false],
    [['**'], '.', false],
    [['', '  '], 'a', false],
  ])('%j, %s: %s', (patterns, path, expected) => {
    expect(createMatcher(patterns).matches(path)).toBe(expected);
  });
});

describe('a walker enters a folder', () => {
  test.each<[string[], string, boolean]>([
    [['node_modules'], 'src', true],
    [['node_modules'], 'node_modules', false],
    [['node_modules'], 'node_modules/x', false],
    [['*', '!src'], 'src', true],
    [['*', '!src/deep/file'], 'src', true],
    [['*', '!src/deep/file'], 'src/deep', true],
    [['*', '!src/deep/file'], 'src/other', false],
    [['*', '!src/*/file'], 'src/any', true],
    [['*', '!src/*/file'], 'lib', false],
    [['*', '!**/keep'], 'lib', true],
    [['!src/a', '*'], 'src', false],
    [['*', '!src/a', 'src'], 'src', false],
    [['*'], '.', true],
  ])('%j, %s: %s', (patterns, folder, expected) => {
    expect(createMatcher(patterns).mayContainIncluded(folder)).toBe(expected);
  });

  test('whenever something below it is not left out', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, path) => {
        const matcher = createMatcher(patterns);
        if (matcher.matches(path)) return;
        for (const folder of foldersAbove(path)) expect(matcher.mayContainIncluded(folder)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

test('agrees with regular expressions tried on the path and each folder above it', () => {
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 5 }), path, (patterns, path) => {
      let left = false;
      for (const pattern of patterns) {
        const expression = reference(pattern.replace(/^!/, ''));
        if ([path, ...foldersAbove(path)].some((each) => expression.test(each)))
          left = !pattern.startsWith('!');
      }
      expect(createMatcher(patterns).matches(path)).toBe(left);
    }),
    { numRuns: 3000 },
  );
});

test('exceptions are told of', () => {
  expect(createMatcher(['a']).hasExceptions).toBe(false);
  expect(createMatcher(['a', '!b']).hasExceptions).toBe(true);
});

test.each([
  ['a/./b//c/', 'a/b/c'],
  ['a/../../b', '../b'],
  ['/../a', '/a'],
  ['', '.'],
  ['/', '/'],
])('%j is cleaned to %j', (path, expected) => {
  expect(cleanPath(path)).toBe(expected);
});

const segment = fc.constantFrom('a', 'b', 'ab', '*', 'a*', '?', '[ab]', '**');
const pattern = fc
  .tuple(fc.boolean(), fc.array(segment, { minLength: 1, maxLength: 4 }))
  .map(([except, segments]) => (except ? '!' : '') + segments.join('/'));
const path = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'c'), { minLength: 1, maxLength: 5 })
  .map((names) => names.join('/'));

function foldersAbove(path: string): string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

/** Segment by segment, as the documentation of Go's Match and of `**` reads. */
function reference(pattern: string): RegExp {
  const segments = pattern.split('/');
  const source = segments.map((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment === '**') return isLast ? '.*' : '(?:.*/)?';
    return segment.replace(/\*/g, '[^/]*').replace(/\?/g, '[^/]') + (isLast ? '' : '/');
  });
  return new RegExp(`^${source.join('')}$`);
}
