import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gather } from './tree.ts';
import type { Area, MapFile } from './tree.ts';

const sorted = (sizes: Readonly<Record<string, number>>): readonly MapFile[] =>
  Object.entries(sizes)
    .map(([path, size]) => ({ path, size, isHidden: path.includes('hidden') }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));

const gathered = (sizes: Readonly<Record<string, number>>, most = 100): Area =>
  gather('/', new Map([['', sorted(sizes)]]), most);

/** `name size` a line, what is inside further in. */
const outline = ({ children }: Area, indent = ''): readonly string[] =>
  children.flatMap((area) => [`${indent}${area.name} ${area.size}`, ...outline(area, `${indent}  `)]);

describe('files become areas', () => {
  test('folders hold what is below them, the largest first', () => {
    const root = gathered({ 'a/b': 1, 'a/c': 2, d: 30 });
    expect(outline(root)).toEqual(['d 30', 'a 3', '  c 2', '  b 1']);
    expect(root).toMatchObject({ name: '/', size: 33, files: 3 });
  });

  test('a chain of folders is one area', () => {
    expect(outline(gathered({ 'usr/lib/x/one': 4, 'usr/lib/x/two': 5 }))).toEqual([
      'usr/lib/x 9',
      '  two 5',
      '  one 4',
    ]);
  });

  test('names that sort between a folder and what is in it keep out of it', () => {
    expect(outline(gathered({ 'a/b': 1, 'a/c': 1, 'a-b': 5, 'a.b': 6, a0: 7 }))).toEqual([
      'a0 7',
      'a.b 6',
      'a-b 5',
      'a 2',
      '  b 1',
      '  c 1',
    ]);
  });

  test('what is too small to be seen is one area a folder, however much of it there is', () => {
    const small = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`doc/f${index}`, 1]));
    const root = gathered({ ...small, 'bin/program': 100_000 });
    expect(outline(root)).toEqual(['bin/program 100000', 'doc 500']);
    const closer = gathered({ ...small, 'doc/large': 500, 'bin/program': 1500 });
    expect(outline(closer)).toEqual(['bin/program 1500', 'doc 1000', '  500 smaller 500', '  large 500']);
    expect(closer.children[1]?.children[0]).toMatchObject({ isRest: true, files: 500 });
  });

  test('empty files are counted nowhere, and no files are an empty area', () => {
    expect(gathered({ a: 0 })).toMatchObject({ size: 0, files: 0, children: [] });
    expect(gathered({})).toMatchObject({ size: 0, children: [] });
  });

  test('hidden bytes are summed up', () => {
    expect(gathered({ 'a/hidden': 3, 'a/seen': 4 }).children[0]).toMatchObject({ size: 7, hidden: 3 });
  });

  test('groups are areas around their files', () => {
    const root = gather(
      'image',
      new Map([
        ['one', sorted({ a: 1, b: 2 })],
        ['two', sorted({ a: 9 })],
      ]),
      50,
    );
    expect(outline(root)).toEqual(['two 9', '  a 9', 'one 3', '  b 2', '  a 1']);
  });

  test('however deep and however many: the number of areas is bounded, and their sizes add up', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'c-', 'd.d', '0'), { minLength: 1, maxLength: 60 });
    const files = fc.dictionary(
      path.map((names) => names.join('/')),
      fc.integer({ min: 1, max: 1_000_000 }),
      {
        maxKeys: 200,
      },
    );
    fc.assert(
      fc.property(files, (sizes) => {
        const root = gathered(sizes, 30);
        const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
        const check = (area: Area): boolean =>
          area.children.length === 0 ||
          (area.children.reduce((sum, child) => sum + child.size, 0) === area.size &&
            area.children.every(check));
        return root.size === total && check(root) && outline(root).length <= 61 + root.children.length;
      }),
    );
  });

  test('a hundred folders inside each other do not become a hundred frames', () => {
    const sizes: Record<string, number> = {};
    for (let depth = 1; depth <= 100; depth += 1) sizes[`${'d/'.repeat(depth)}f`] = 1_000;
    const depthOf = ({ children }: Area): number => 1 + Math.max(0, ...children.map(depthOf));
    expect(depthOf(gathered(sizes, 5000))).toBeLessThanOrEqual(23);
  });
});

describe('colours', () => {
  test('tell the largest things apart, not only what is at the top', () => {
    const { children } = gathered({ 'usr/lib/a': 40, 'usr/share/b': 30, 'usr/bin/c': 20, 'etc/d': 10 });
    expect(children[0]).toMatchObject({ name: 'usr', tone: undefined });
    expect(children[0]?.children.map(({ tone }) => tone)).toEqual([0, 1, 2]);
    expect(children[1]?.tone).toBe(3);
  });
});
