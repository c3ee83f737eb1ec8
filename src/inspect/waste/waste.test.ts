/** What is visible, shadowed and deleted of layers: told case by case, and for layers at random against a plain model. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Entry, Layer } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import { sizeOf } from '../../tree/size.ts';
import { anyLayer, directory, file, link, whiteout } from '../../tree/testing.ts';
import { stack, walk } from '../../tree/tree.ts';
import { diveFigures } from './dive.ts';
import { wasteOf } from './waste.ts';

const layers = (...stacked: readonly (readonly Entry[])[]): Layer[] =>
  stacked.map((entries) => makeLayer(entries));
const ten = (path: string, options = {}) => file(path, '0123456789', options);

function told(stacked: readonly Layer[]): string[] {
  return wasteOf(stacked).hidden.map(
    ({ file: { path, size }, layer, by, how }) => `${path} (${size}) of ${layer} ${how} by ${by}`,
  );
}

describe('a file of a lower layer', () => {
  test.each<[string, readonly (readonly Entry[])[], readonly string[]]>([
    ['stays visible where nothing hides it', [[ten('a/b')], [ten('a/c')]], []],
    ['is shadowed by another at its path', [[ten('a')], [file('a', 'new')]], ['a (10) of 0 shadowed by 1']],
    ['is shadowed by a link', [[ten('a')], [link('a', 'b')]], ['a (10) of 0 shadowed by 1']],
    ['is shadowed by a directory', [[ten('a')], [directory('a')]], ['a (10) of 0 shadowed by 1']],
    [
      'is shadowed by a directory that is only implied',
      [[ten('a')], [ten('a/b')]],
      ['a (10) of 0 shadowed by 1'],
    ],
    ['is deleted by a whiteout', [[ten('a')], [whiteout('a')]], ['a (10) of 0 deleted by 1']],
    ['is deleted with its directory', [[ten('a/b/c')], [whiteout('a')]], ['a/b/c (10) of 0 deleted by 1']],
    [
      'is deleted by an opaque directory, and shadowed where that has it anew',
      [
        [ten('a/b'), ten('a/c')],
        [directory('a', { opaque: true }), ten('a/b')],
      ],
      ['a/b (10) of 0 shadowed by 1', 'a/c (10) of 0 deleted by 1'],
    ],
    [
      'is deleted by a file in its directory’s place',
      [[ten('a/b')], [file('a')]],
      ['a/b (10) of 0 deleted by 1'],
    ],
    [
      'is hidden once, by the first',
      [[ten('a')], [whiteout('a')], [file('a', 'x')], [whiteout('a')]],
      ['a (10) of 0 deleted by 1', 'a (1) of 2 deleted by 3'],
    ],
    [
      'is gone when the last of its names is',
      [[ten('a', { link: 'x' }), ten('b', { link: 'x' })], [whiteout('a')], [file('b')]],
      ['b (10) of 0 shadowed by 2'],
    ],
    [
      'is there while one of its names is',
      [[ten('a', { link: 'x' }), ten('b', { link: 'x' })], [whiteout('a')]],
      [],
    ],
  ])('%s', (_, stacked, hidden) => {
    expect(told(layers(...stacked))).toEqual(hidden);
  });

  test('is counted in its own layer', () => {
    const waste = wasteOf(layers([ten('a'), ten('b'), ten('c')], [file('a', 'x'), whiteout('b')]));
    expect(waste).toMatchObject({ total: 31, visible: 11, shadowed: 10, deleted: 10 });
    expect(waste.layers).toEqual([
      { total: 30, visible: 10, shadowed: 10, deleted: 10 },
      { total: 1, visible: 1, shadowed: 0, deleted: 0 },
    ]);
  });
});

interface Placed {
  readonly entry: Entry;
  readonly layer: number;
}

/** Layers laid down one after another into a map, as an unpacker would, noting what became of every file. */
function laidDown(stacked: readonly Layer[]) {
  const tree = new Map<string, Placed>();
  const fates = new Map<Entry, { readonly by: number; readonly how: string }>();
  const remove = (path: string, by: number, how: string): void => {
    const placed = tree.get(path);
    if (placed) fates.set(placed.entry, { by, how });
    tree.delete(path);
  };
  const below = (path: string): string[] =>
    [...tree.keys()].filter((key) => path === '' || key.startsWith(`${path}/`));
  for (const [layer, { entries }] of stacked.entries()) {
    const own = new Set(entries.flatMap((entry) => (entry.type === 'whiteout' ? [] : [entry.path])));
    const isOwn = (path: string): boolean =>
      own.has(path) || entries.some((each) => each.path.startsWith(`${path}/`));
    for (const entry of entries) {
      const isCleared = entry.type === 'whiteout' || (entry.type === 'directory' && entry.opaque);
      if (!isCleared) continue;
      for (const path of below(entry.path)) remove(path, layer, isOwn(path) ? 'shadowed' : 'deleted');
      if (entry.type === 'whiteout') remove(entry.path, layer, 'deleted');
    }
    for (const entry of entries) {
      // What leads there is a directory from now on.
      for (let at = entry.path.indexOf('/'); at >= 0; at = entry.path.indexOf('/', at + 1)) {
        const above = entry.path.slice(0, at);
        if (tree.get(above) && tree.get(above)?.entry.type !== 'directory') remove(above, layer, 'shadowed');
      }
      if (entry.type === 'whiteout') continue;
      if (entry.type !== 'directory') for (const path of below(entry.path)) remove(path, layer, 'deleted');
      remove(entry.path, layer, 'shadowed');
      tree.set(entry.path, { entry, layer });
    }
  }
  return { tree, fates };
}

describe('of any layers', () => {
  // Groups of hard links belong to the layer that they are of.
  const ofLayer = (layer: Layer, index: number): Layer => ({
    entries: layer.entries.map((entry) =>
      entry.type === 'file' && entry.link !== undefined
        ? { ...entry, link: `${index}:${entry.link}` }
        : entry,
    ),
  });
  const stacks = fc
    .array(anyLayer({ plain: true }), { minLength: 1, maxLength: 6 })
    .map((stacked) => stacked.map(ofLayer));

  test('every byte is visible, shadowed or deleted, and none is two of these', () => {
    fc.assert(
      fc.property(stacks, (stacked) => {
        const waste = wasteOf(stacked);
        expect(waste.total).toBe(stacked.reduce((sum, layer) => sum + sizeOf(layer), 0));
        expect(waste.visible + waste.shadowed + waste.deleted).toBe(waste.total);
        const links = new Set<string>();
        let visible = 0;
        for (const node of walk(stack(stacked))) {
          if (node.type !== 'file' || (node.link !== undefined && links.has(node.link))) continue;
          if (node.link !== undefined) links.add(node.link);
          visible += node.size;
        }
        expect(waste.visible).toBe(visible);
        expect(waste.hidden.reduce((sum, each) => sum + each.file.size, 0)).toBe(
          waste.shadowed + waste.deleted,
        );
      }),
      { numRuns: 500 },
    );
  });

  test('the layer and the way are those of laying them down', () => {
    fc.assert(
      fc.property(stacks, (stacked) => {
        const { fates } = laidDown(stacked);
        for (const { file: hidden, by, how, layer } of wasteOf(stacked).hidden) {
          const names = stacked[layer]?.entries.filter(
            (entry) =>
              entry === hidden ||
              (entry.type === 'file' && hidden.link !== undefined && entry.link === hidden.link),
          );
          const last = Math.max(...(names ?? []).map((name) => fates.get(name)?.by ?? Infinity));
          expect(by).toBe(last);
          expect({ by, how }).toEqual(fates.get(hidden));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("dive's figures", () => {
  test.each<[string, readonly (readonly Entry[])[], number, number]>([
    ['of nothing', [[]], 1, 0],
    ['of files each of which is there once', [[ten('a')], [ten('b')]], 1, 0],
    ['count all copies of what is there twice', [[ten('a')], [ten('a')]], 0.5, 20],
    ['take the smallest that a path ever had', [[ten('a'), ten('b')], [file('a', '12345')]], 15 / 25, 15],
    ['forget the file that was removed', [[ten('a'), ten('b')], [whiteout('a')]], 10 / 20, 10],
    ['count what was below a directory that was removed', [[ten('d/a'), ten('d/b')], [whiteout('d')]], 1, 0],
    [
      'where the directory is a leaf itself: as a path that was nothing and then all of it',
      [[directory('d')], [ten('d/a')], [whiteout('d')]],
      10 / 20,
      10,
    ],
    ['do not look at opaque marks', [[ten('d/a')], [directory('d', { opaque: true })]], 1, 0],
  ])('%s', (_, stacked, efficiency, wastedBytes) => {
    expect(diveFigures(layers(...stacked))).toEqual({ efficiency, wastedBytes });
  });
});
