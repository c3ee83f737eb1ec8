import { describe, expect, test } from 'vitest';
import { matchGlob } from '../../dockerfile/glob.ts';
import { copy } from '../../tree/copy.ts';
import { directory, file, link, layerText, treeOf } from '../../tree/testing.ts';
import { selectionOf } from './selection.ts';

const SOURCE = treeOf(
  directory('a', { mode: 0o750, uid: 5 }),
  directory('a/b', { mode: 0o711 }),
  file('a/b/c.txt', 'c'),
  file('a/b/d.md', 'd'),
  file('a/e.txt', 'e'),
  link('to-a', 'a'),
  file('top.md', 't'),
);

function copied(below: string | undefined, exclude: readonly string[], pattern = '/'): string[] {
  const source = { tree: SOURCE, pattern, ...selectionOf(below, exclude) };
  return layerText(copy([source], treeOf(), '/x/', { matches: matchGlob })).map((line) =>
    line.replace(/ "[a-z]"$/, ''),
  );
}

describe('--parents and --exclude', () => {
  test.each<[string, string | undefined, readonly string[], readonly string[]]>([
    [
      'folders are kept with what they are',
      'a/b/c.txt',
      [],
      ['/x/a directory 0750 5:0', '/x/a/b directory 0711 0:0', '/x/a/b/c.txt file 0644 0:0'],
    ],
    [
      'two stars go to any depth',
      '**/*.md',
      [],
      [
        '/x/a directory 0750 5:0',
        '/x/a/b directory 0711 0:0',
        '/x/a/b/d.md file 0644 0:0',
        '/x/top.md file 0644 0:0',
      ],
    ],
    ['what matches nothing brings nothing', 'q/*', [], []],
    [
      'what is left out is left out',
      'a',
      ['**/*.txt', 'top.md'],
      ['/x/a directory 0750 5:0', '/x/a/b directory 0711 0:0', '/x/a/b/d.md file 0644 0:0'],
    ],
    [
      'what is brought back brings its folders',
      undefined,
      ['**', '!**/d.md'],
      ['/x/a directory 0750 5:0', '/x/a/b directory 0711 0:0', '/x/a/b/d.md file 0644 0:0'],
    ],
  ])('%s', (_what, below, exclude, expected) => {
    expect(copied(below, exclude)).toEqual(['/x directory 0755 0:0', ...expected]);
  });

  test.each([
    ['is not there', 'a/none', [], '"/a/none": not found'],
    ['is left out', 'a/b/c.txt', ['a/b'], '"/a/b/c.txt": not found'],
    ['stands behind a link', 'to-a/e.txt', [], '"/to-a/e.txt": not found'],
  ])('a plain source that %s is an error', (_what, below, exclude, message) => {
    expect(() => copied(below, exclude)).toThrow(message);
  });
});
