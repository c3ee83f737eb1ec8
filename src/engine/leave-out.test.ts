import { describe, expect, test } from 'vitest';
import { createMatcher } from '../dockerfile/ignore.ts';
import { file, treeOf } from '../tree/testing.ts';
import { walk } from '../tree/tree.ts';
import { isLeftOut, leaveOut } from './leave-out.ts';

const TREE = treeOf(
  file('.git/config', ''),
  file('a.log', ''),
  file('src/a.ts', ''),
  file('src/deep/keep.log', ''),
  file('src/deep/x.log', ''),
);

function paths(patterns: readonly string[]): string[] {
  return [...walk(leaveOut(TREE, createMatcher(patterns)))]
    .filter((node) => node.type === 'file')
    .map((node) => node.path);
}

describe('a tree without what is ignored', () => {
  test.each([
    ['nothing', [], ['.git/config', 'a.log', 'src/a.ts', 'src/deep/keep.log', 'src/deep/x.log']],
    ['a directory', ['.git'], ['a.log', 'src/a.ts', 'src/deep/keep.log', 'src/deep/x.log']],
    ['a name anywhere', ['**/*.log'], ['.git/config', 'src/a.ts']],
    ['all but one', ['*', '!src/deep/keep.log'], ['src/deep/keep.log']],
    ['brought back below a left out directory', ['src', '!src/a.ts'], ['.git/config', 'a.log', 'src/a.ts']],
    ['everything', ['**'], []],
  ])('%s', (_what, patterns, expected) => {
    expect(paths(patterns)).toEqual(expected);
  });

  test('has no directory that nothing is brought back in', () => {
    const tree = leaveOut(TREE, createMatcher(['src', '!src/nothing']));
    expect(tree.get('src')).toBeUndefined();
    expect(tree.list('')).toEqual(['.git', 'a.log']);
  });

  test('never lists a directory of which nothing is wanted', () => {
    const asked: string[] = [];
    const watched = { get: TREE.get, list: (path: string) => (asked.push(path), TREE.list(path)) };
    expect([...walk(leaveOut(watched, createMatcher(['src', '.git'])))].map((node) => node.path)).toEqual([
      '',
      'a.log',
    ]);
    expect(asked).toEqual(['']);
  });
});

test('a path is left out when it is there and ignored', () => {
  const ignore = createMatcher(['*.log']);
  expect(
    ['a.log', '/a.log', './a.log', 'b.log', 'src/a.ts'].map((path) => isLeftOut(TREE, ignore, path)),
  ).toEqual([true, true, true, false, false]);
  expect(isLeftOut(TREE, undefined, 'a.log')).toBe(false);
});
