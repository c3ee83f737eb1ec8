import { describe, expect, it } from 'vitest';
import { glob, hasWildcard, unescape } from './glob.ts';
import { directory, file, link, matches, treeOf } from './testing.ts';

const tree = treeOf(
  file('bar.go'),
  file('foo.go'),
  file('foo.txt'),
  file('[x].go'),
  file('a*b'),
  file('é.go'),
  file('sub/dir1/dir2/foo'),
  file('sub/dir1/foo'),
  file('sub/foo'),
  file('sub-x/foo'),
  directory('empty'),
  link('linked', 'sub'),
  link('sub/back', '../sub-x'),
  link('gone', 'no/where'),
);

describe('glob', () => {
  it.each([
    ['*.go', ['[x].go', 'bar.go', 'foo.go', 'é.go']],
    ['f*.go', ['foo.go']],
    ['foo.???', ['foo.txt']],
    ['?.go', ['é.go']],
    ['[bf]*.go', ['bar.go', 'foo.go']],
    ['[^b]*.go', ['[x].go', 'foo.go', 'é.go']],
    ['[a-e]*', ['a*b', 'bar.go', 'empty']],
    ['[[]x].go', ['[x].go']],
    ['a\\**', ['a*b']],
    ['*.rs', []],
    ['empty/*', []],
    ['sub/*', ['sub/back', 'sub/dir1', 'sub/foo']],
    ['sub*/foo', ['sub/foo', 'sub-x/foo']],
    ['*/*/foo', ['sub/dir1/foo']],
    ['sub/*/dir2/foo', ['sub/dir1/dir2/foo']],
    ['sub/*/nothing', []],
    ['foo.go/*', []],
  ])('%s names %j', (pattern, paths) => {
    expect(glob(tree, pattern, matches)).toEqual(paths);
  });

  it('does not look into a match', () => {
    expect(glob(tree, '*', matches)).not.toContain('sub/foo');
  });

  it.each([
    ['linked/*', ['sub/back', 'sub/dir1', 'sub/foo'], 'links before the first wildcard are followed'],
    ['sub/back/f*', ['sub-x/foo'], 'also the last before it'],
    ['l*/foo', [], 'links that a wildcard matches are not, on the way'],
    ['sub/*/foo', ['sub/dir1/foo'], 'nor those after one'],
    ['li*', ['linked'], 'and a link that matches is itself the match'],
  ])('%s names %j: %s', (pattern, paths) => {
    expect(glob(tree, pattern, matches)).toEqual(paths);
  });

  it.each(['missing/*', 'gone/*', 'sub/missing/x*'])(
    'wants what stands before the wildcard of %s',
    (pattern) => {
      expect(() => glob(tree, pattern, matches)).toThrow(
        expect.objectContaining({
          code: 'COPY_SOURCE_MISSING',
          message: `"/${pattern.slice(0, pattern.lastIndexOf('/'))}": not found`,
        }),
      );
    },
  );

  it('finds a name without wildcards too', () => {
    expect(glob(tree, 'linked/foo', matches)).toEqual(['sub/foo']);
    expect(glob(tree, 'foo.rs', matches)).toEqual([]);
  });
});

describe('hasWildcard', () => {
  it.each([
    ['a/b.c', false],
    ['*', true],
    ['a/?', true],
    ['a[b', true],
    ['a]b', false],
    [String.raw`a\*b`, false],
    [String.raw`a\\*b`, true],
    [String.raw`a\[b\?`, false],
  ])('%s: %j', (pattern, wild) => {
    expect(hasWildcard(pattern)).toBe(wild);
  });
});

describe('unescape', () => {
  it.each([
    ['a/b', 'a/b'],
    [String.raw`a\*b`, 'a*b'],
    [String.raw`a\\b`, String.raw`a\b`],
    ['a\\', 'a\\'],
  ])('%s is %s', (pattern, name) => {
    expect(unescape(pattern)).toBe(name);
  });
});
