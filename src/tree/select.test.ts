import { expect, test } from 'vitest';
import type { Selection } from './select.ts';
import { contentsOf } from './select.ts';
import { directory, file, treeOf } from './testing.ts';

const TREE = treeOf(
  directory('d'),
  file('d/a.txt'),
  directory('d/empty'),
  directory('d/sub'),
  file('d/sub/b.md'),
  directory('d/sub/deep'),
  file('d/sub/deep/c.txt'),
);

const everything: Selection = { takes: () => true, leadsOn: () => true };

function taken(selection?: Selection): string[] {
  return [...contentsOf(TREE, 'd', selection)].map(({ path, isWay }) => (isWay ? `(${path})` : path));
}

test.each<[string, Selection | undefined, readonly string[]]>([
  [
    'without a selection everything, a directory before what is in it',
    undefined,
    ['a.txt', 'empty', 'sub', 'sub/b.md', 'sub/deep', 'sub/deep/c.txt'],
  ],
  [
    'what is taken, with the directories that lead to it and no others',
    { ...everything, takes: (path) => path.endsWith('.txt') },
    ['a.txt', '(sub)', '(sub/deep)', 'sub/deep/c.txt'],
  ],
  [
    'a directory without what the selection leaves out of it',
    { ...everything, takes: (path) => !path.endsWith('.md') },
    ['a.txt', 'empty', 'sub', 'sub/deep', 'sub/deep/c.txt'],
  ],
  [
    'nothing below a directory that leads to nothing',
    { takes: (path) => path !== 'sub', leadsOn: (path) => path !== 'sub' },
    ['a.txt', 'empty'],
  ],
  ['nothing', { takes: () => false, leadsOn: () => true }, []],
])('%s', (_what, selection, expected) => {
  expect(taken(selection)).toEqual(expected);
});
