import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Entry, Layer, Node } from './entry.ts';
import { makeLayer } from './layer.ts';
import { ancestors, isWithin, joinPath } from './path.ts';
import { anyLayer, directory, file, link, treeOf, treeText, whiteout } from './testing.ts';
import { plainDirectory, resolvePath, stack, walk } from './tree.ts';

const stacked = (...layers: readonly (readonly Entry[])[]) =>
  stack(layers.map((entries) => makeLayer(entries)));

describe('stack', () => {
  it.each<[string, Entry[][], string[]]>([
    ['of nothing is an empty root', [], []],
    [
      'lays the last layer on top',
      [[file('a', '1'), file('b', '1')], [file('a', '2')]],
      ['/a file 0644 0:0 "2"', '/b file 0644 0:0 "1"'],
    ],
    [
      'merges directories and takes the upper attributes',
      [
        [directory('d', { mode: 0o700, uid: 7 }), file('d/x')],
        [directory('d', { mode: 0o711 }), file('d/y')],
      ],
      ['/d directory 0711 0:0', '/d/x file 0644 0:0 ""', '/d/y file 0644 0:0 ""'],
    ],
    [
      'leaves a directory that is only implied what it is below',
      [[directory('d', { mode: 0o700, uid: 7 })], [file('d/y')]],
      ['/d directory 0700 7:0', '/d/y file 0644 0:0 ""'],
    ],
    [
      'makes implied directories plain ones',
      [[file('a/b/c')]],
      ['/a directory 0755 0:0', '/a/b directory 0755 0:0', '/a/b/c file 0644 0:0 ""'],
    ],
    ['removes with a whiteout', [[file('a'), file('b')], [whiteout('a')]], ['/b file 0644 0:0 ""']],
    [
      'removes a directory with all that is below',
      [[file('d/e/f'), file('d-e')], [whiteout('d')]],
      ['/d-e file 0644 0:0 ""'],
    ],
    ['does not mind a whiteout of nothing', [[whiteout('a')]], []],
    [
      'gives back what a whiteout removed and a later layer adds, without what was in it',
      [[directory('d', { mode: 0o700 }), file('d/old')], [whiteout('d')], [file('d/new')]],
      ['/d directory 0755 0:0', '/d/new file 0644 0:0 ""'],
    ],
    [
      'hides what is below an opaque directory, but not beside it',
      [
        [file('d/old'), file('d/e/old'), file('x')],
        [directory('d', { opaque: true, mode: 0o700 }), file('d/new')],
      ],
      ['/d directory 0700 0:0 opaque', '/d/new file 0644 0:0 ""', '/x file 0644 0:0 ""'],
    ],
    [
      'hides everything below an opaque root',
      [[file('a')], [directory('', { opaque: true }), file('b')]],
      ['/b file 0644 0:0 ""'],
    ],
    [
      'replaces a directory by a file, and all that was in it',
      [[file('d/x')], [file('d', 'now a file')]],
      ['/d file 0644 0:0 "now a file"'],
    ],
    [
      'replaces a directory by a file and back, without what was in it',
      [[directory('d', { mode: 0o700 }), file('d/x')], [link('d', 'e')], [directory('d'), file('d/y')]],
      ['/d directory 0755 0:0', '/d/y file 0644 0:0 ""'],
    ],
    [
      'takes what a layer has something below for a directory, whatever it was before',
      [[link('d', '/etc')], [file('d/y')]],
      ['/d directory 0755 0:0', '/d/y file 0644 0:0 ""'],
    ],
    [
      'keeps an implied directory apart from the one that a file replaced',
      [[directory('d', { mode: 0o700 }), file('d/x')], [file('d')], [file('d/y')]],
      ['/d directory 0755 0:0', '/d/y file 0644 0:0 ""'],
    ],
  ])('%s', (_, layers, lines) => {
    expect(treeText(stacked(...layers))).toEqual(lines);
  });

  it('follows no links in look-ups', () => {
    const tree = treeOf(link('l', 'd'), file('d/x'));
    expect(tree.get('l')?.type).toBe('symlink');
    expect(tree.get('l/x')).toBeUndefined();
    expect(tree.list('l')).toEqual([]);
  });

  it('has a root, listed or not', () => {
    expect(stack([]).get('')).toEqual(plainDirectory(''));
    expect(stacked([directory('', { mode: 0o700 })], [file('a')]).get('')).toMatchObject({ mode: 0o700 });
  });

  it('lists names in order, and nothing of what is no directory', () => {
    const tree = stacked([file('b'), file('a/x'), file('Z')], [file('a-b'), whiteout('b')]);
    expect(tree.list('')).toEqual(['Z', 'a', 'a-b']);
    expect(tree.list('Z')).toEqual([]);
    expect(tree.list('nowhere')).toEqual([]);
  });

  it('is what comes of unpacking the layers one after another', () => {
    const names = ['a', 'b', 'a-b'];
    const two = names.flatMap((name) => names.map((other) => `${name}/${other}`));
    const paths = ['', ...names, ...two, ...two.flatMap((path) => names.map((name) => `${path}/${name}`))];
    fc.assert(
      fc.property(fc.array(anyLayer({ plain: true }), { maxLength: 4 }), (layers) => {
        const tree = stack(layers);
        const expected = applied(layers);
        for (const path of paths) {
          expect(tree.get(path)).toEqual(expected.get(path));
          expect(tree.list(path)).toEqual(namesIn(expected, path));
        }
        expect([...walk(tree)].map((node) => node.path).sort()).toEqual([...expected.keys()].sort());
      }),
      { numRuns: 500 },
    );
  });
});

/** The reference: one layer after another on a plain map of everything there is. */
function applied(layers: readonly Layer[]): Map<string, Node> {
  const all = new Map<string, Node>([['', plainDirectory('')]]);
  const remove = (path: string, itself: boolean): void => {
    for (const other of all.keys())
      if (isWithin(other, path) && (itself || other !== path)) all.delete(other);
  };
  for (const { entries } of layers) {
    for (const entry of entries) {
      if (entry.type === 'whiteout') remove(entry.path, true);
      if (entry.type === 'directory' && entry.opaque) remove(entry.path, false);
    }
    for (const entry of entries) {
      for (const above of ancestors(entry.path)) {
        if (all.get(above)?.type === 'directory') continue;
        remove(above, true);
        all.set(above, plainDirectory(above));
      }
      if (entry.type === 'whiteout') continue;
      if (entry.type !== 'directory') remove(entry.path, true);
      all.set(entry.path, entry);
    }
  }
  return all;
}

function namesIn(all: ReadonlyMap<string, Node>, directory: string): string[] {
  const prefix = joinPath(directory, '');
  return [...all.keys()]
    .filter((path) => path !== '' && isWithin(path, prefix) && path !== prefix)
    .map((path) => path.slice(prefix === '' ? 0 : prefix.length + 1))
    .filter((name) => !name.includes('/'))
    .sort();
}

describe('resolvePath', () => {
  const tree = treeOf(
    file('usr/lib/x'),
    directory('etc'),
    link('lib', 'usr/lib'),
    link('abs', '/usr/lib'),
    link('usr/up', '../etc'),
    link('usr/far', '../../../../etc'),
    link('dot', './usr/./lib/'),
    link('root', '/'),
    link('chain', 'abs'),
    link('dangling', 'no/where'),
    link('self', 'self'),
    link('ping', 'pong/x'),
    link('pong', 'ping'),
    link('deep', 'deep/deep'),
    link('usr/lib/back', '..'),
  );
  it.each([
    ['', '', ''],
    ['/', '', ''],
    ['usr/lib/x', 'usr/lib/x', 'usr/lib/x'],
    ['/lib/x', 'usr/lib/x', 'usr/lib/x'],
    ['lib', 'usr/lib', 'lib'],
    ['lib/', 'usr/lib', 'lib'],
    ['abs/x', 'usr/lib/x', 'usr/lib/x'],
    ['chain/x', 'usr/lib/x', 'usr/lib/x'],
    ['dot/x', 'usr/lib/x', 'usr/lib/x'],
    ['usr/up', 'etc', 'usr/up'],
    ['usr/up/passwd', 'etc/passwd', 'etc/passwd'],
    ['usr/far/passwd', 'etc/passwd', 'etc/passwd'],
    ['root/etc', 'etc', 'etc'],
    ['root/root/root/lib/x', 'usr/lib/x', 'usr/lib/x'],
    ['lib/back', 'usr', 'usr/lib/back'],
    ['lib/back/up', 'etc', 'usr/up'],
    ['no/such/path', 'no/such/path', 'no/such/path'],
    ['dangling', 'no/where', 'dangling'],
    ['dangling/x', 'no/where/x', 'no/where/x'],
    ['lib/../etc', 'etc', 'etc'],
    ['../../etc', 'etc', 'etc'],
    ['usr/lib/x/below', 'usr/lib/x/below', 'usr/lib/x/below'],
  ])('%j leads to %j, and to %j where the last link is not followed', (path, all, parents) => {
    expect(resolvePath(tree, path)).toBe(all);
    expect(resolvePath(tree, path, 'parents')).toBe(parents);
  });

  it.each(['self', 'self/x', 'ping', 'pong/y', 'deep'])('ends a circle of links (%j)', (path) => {
    expect(() => resolvePath(tree, path)).toThrow(
      expect.objectContaining({ code: 'COPY_FAILED', message: `too many symbolic links in "/${path}"` }),
    );
  });

  it('does not look at a last link that it does not follow', () => {
    expect(resolvePath(tree, 'self', 'parents')).toBe('self');
  });

  it('follows forty links and no more', () => {
    const chain = (length: number) =>
      treeOf(...Array.from({ length }, (_, at) => link(`l${at}`, at + 1 < length ? `l${at + 1}` : 'end')));
    expect(resolvePath(chain(40), 'l0')).toBe('end');
    expect(() => resolvePath(chain(41), 'l0')).toThrow('too many symbolic links');
  });
});

describe('walk', () => {
  it('gives a directory before what is in it, and only what is there', () => {
    const tree = treeOf(file('a/x'), file('a-b'), file('b/c/d'));
    const paths = (from?: string) => [...walk(tree, from)].map((node) => node.path);
    expect(paths()).toEqual(['', 'a', 'a/x', 'a-b', 'b', 'b/c', 'b/c/d']);
    expect(paths('b')).toEqual(['b', 'b/c', 'b/c/d']);
    expect(paths('a-b')).toEqual(['a-b']);
    expect(paths('nowhere')).toEqual([]);
  });
});
