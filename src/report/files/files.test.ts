import { describe, expect, test } from 'vitest';
import { accountNames } from '../../inspect/files/accounts.ts';
import type { Node } from '../../tree/entry.ts';
import { directory, file, link, treeOf } from '../../tree/testing.ts';
import { walk } from '../../tree/tree.ts';
import { fileJson, formatListing } from './listing.ts';
import { formatMode } from './mode.ts';
import { drawn, formatTree, treeJson } from './tree.ts';

const WIDE = { width: Infinity, color: false };
const tree = treeOf(
  directory('dev', { mode: 0o1777 }),
  { ...directory('dev/sda'), type: 'block', major: 8, minor: 1, mode: 0o660, gid: 6 },
  file('dev/a\u001B[31mred\u202Ename\n', 'x'.repeat(1500), { mtime: 1_704_067_200, uid: 7 }),
  file('dev/old', '', { mtime: 1e15, link: 'x' }),
  link('sh', '/bin/\u0007busybox'),
);
const files = {
  accounts: accountNames('root:x:0:0::/:', 'root:x:0:'),
  layerOf: ({ path }: Node) => (path === 'dev' ? undefined : 1),
};
const nodes = [...walk(tree)].slice(1);

describe('a listing', () => {
  test('is one of ls -l, with the layer, and nothing in it that a terminal would obey', () => {
    expect(formatListing(nodes, files, { ...WIDE, paths: true })).toMatchInlineSnapshot(`
      "MODE        OWNER         SIZE  MODIFIED          LAYER  NAME
      drwxrwxrwt  root:root        -  1970-01-01 00:00      -  /dev
      -rw-r--r--  7:root     1.50 kB  2024-01-01 00:00      2  /dev/a␛[31mred�name␊
      -rw-r--r--  root:root      0 B  ?                     2  /dev/old
      brw-rw----  root:6        8, 1  1970-01-01 00:00      2  /dev/sda
      lrwxrwxrwx  root:root        -  1970-01-01 00:00      2  /sh -> /bin/␇busybox"
    `);
  });

  test('has names alone where all are of one directory', () => {
    expect(formatListing(nodes.slice(0, 1), files, { ...WIDE, paths: false })).toMatch(/ {2}dev$/);
  });

  test('as JSON', () => {
    expect(nodes.map((node) => fileJson(node, files))).toEqual([
      {
        path: '/dev',
        type: 'directory',
        mode: '1777',
        uid: 0,
        gid: 0,
        user: 'root',
        group: 'root',
        modified: '1970-01-01T00:00:00Z',
        layer: null,
      },
      expect.objectContaining({
        path: '/dev/a\u001B[31mred\u202Ename\n',
        size: 1500,
        uid: 7,
        user: undefined,
        modified: '2024-01-01T00:00:00Z',
        layer: 2,
      }),
      expect.objectContaining({ path: '/dev/old', modified: null, hardLink: true }),
      expect.objectContaining({ path: '/dev/sda', type: 'block', mode: '0660', major: 8, minor: 1 }),
      expect.objectContaining({ path: '/sh', type: 'symlink', target: '/bin/\u0007busybox' }),
    ]);
  });

  test.each([
    [0o644, '-rw-r--r--'],
    [0o4755, '-rwsr-xr-x'],
    [0o6644, '-rwSr-Sr--'],
    [0o1777, '-rwxrwxrwt'],
    [0o1000, '---------T'],
    [0, '----------'],
  ])('%o is %s', (mode, text) => {
    expect(formatMode({ type: 'file', mode })).toBe(text);
  });

  test('tells of extended attributes', () => {
    expect(
      formatMode({ type: 'file', mode: 0o755, xattrs: { 'security.capability': new Uint8Array() } }),
    ).toBe('-rwxr-xr-x+');
  });
});

describe('a tree', () => {
  const all = { depth: Infinity, directoriesOnly: false };
  const small = treeOf(
    directory('a/b'),
    file('a/b/one', '12345'),
    file('a/b/two', '12345', { link: 'x' }),
    file('a/three', '12345', { link: 'x' }),
    link('z', 'a'),
  );
  const top = small.get('') as Node;

  test('is drawn with the bytes below each directory, hard links once', () => {
    expect(formatTree(drawn(small, top, all), WIDE)).toMatchInlineSnapshot(`
      "    10 B  /
          10 B  ├── a
          10 B  │   ├── b
           5 B  │   │   ├── one
           5 B  │   │   └── two
           0 B  │   └── three
                └── z -> a

      2 directories, 4 files"
    `);
  });

  test.each([
    [{ depth: 1, directoriesOnly: false }, ['/', '├── a', '└── z -> a']],
    [{ depth: Infinity, directoriesOnly: true }, ['/', '└── a', '    └── b']],
  ])('down to a level, or directories alone: %o', (options, names) => {
    const lines = formatTree(drawn(small, top, options), WIDE).split('\n');
    expect(lines.slice(0, -2).map((line) => line.slice(10))).toEqual(names);
    expect(lines.at(-1)).toBe('2 directories, 4 files');
    expect(lines[0]).toMatch(/^ {4}10 B {2}\/$/);
  });

  test('as JSON', () => {
    expect(treeJson(drawn(small, top, { depth: 1, directoriesOnly: false }))).toEqual({
      name: '/',
      type: 'directory',
      size: 10,
      children: [
        { name: 'a', type: 'directory', size: 10, children: [] },
        { name: 'z', type: 'symlink', size: 0, target: 'a' },
      ],
    });
  });
});
