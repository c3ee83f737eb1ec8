import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import { EMPTY_LAYER, indexOf, makeLayer } from './layer.ts';
import { directory, file, layerText, link, whiteout } from './testing.ts';

const fifo = (path: string): Entry => ({ ...directory(path), type: 'fifo' });
const device = (path: string): Entry => ({ ...directory(path), type: 'char', major: 1, minor: 3 });

describe('makeLayer', () => {
  it('sorts by path, so that a directory stands before what is in it', () => {
    const layer = makeLayer([
      file('b'),
      file('a/b'),
      file('a-b'),
      directory('a'),
      directory(''),
      file('a.b'),
    ]);
    expect(layer.entries.map((entry) => entry.path)).toEqual(['', 'a', 'a-b', 'a.b', 'a/b', 'b']);
  });

  it('keeps the last of several entries for one path', () => {
    const layer = makeLayer([file('a', 'first'), directory('b'), file('a', 'last'), file('b', 'now a file')]);
    expect(layerText(layer)).toEqual(['/a file 0644 0:0 "last"', '/b file 0644 0:0 "now a file"']);
  });

  it('needs no entries for directories', () => {
    expect(layerText(makeLayer([file('a/b/c')]))).toEqual(['/a/b/c file 0644 0:0 ""']);
    expect(makeLayer([])).toEqual(EMPTY_LAYER);
  });

  it.each<[string, Entry, string]>([
    ['a symbolic link out of the tree', link('a', '/etc'), 'a symbolic link to "/etc"'],
    ['a symbolic link inside the tree', link('a', 'b'), 'a symbolic link to "b"'],
    ['a file', file('a'), 'a file'],
    ['a pipe', fifo('a'), 'a fifo'],
    ['a device', device('a'), 'a device'],
    ['a whiteout', whiteout('a'), 'a whiteout'],
  ])('refuses an entry below %s, near or far', (_, above, name) => {
    for (const below of ['a/b', 'a/b/c/d']) {
      for (const entries of [
        [above, file(below)],
        [file(below), above],
      ]) {
        expect(() => makeLayer([directory('b'), ...entries])).toThrow(
          expect.objectContaining({
            code: 'ARCHIVE_UNSAFE',
            message: `"${below}" stands below "a", which is ${name}`,
          }),
        );
      }
    }
  });

  it('takes names that only begin alike for what they are', () => {
    expect(makeLayer([link('a', '/etc'), file('ab/c'), file('a-b/c'), file('a.')]).entries).toHaveLength(4);
  });

  it.each([link('', '/etc'), file(''), whiteout('')])('refuses a root that is no directory', (root) => {
    expect(() => makeLayer([root])).toThrow(expect.objectContaining({ code: 'ARCHIVE_UNSAFE' }));
  });
});

describe('indexOf', () => {
  const layer = makeLayer([
    directory('a'),
    file('a-b'),
    file('a/x'),
    file('a/x-y'),
    file('a/y/deep/er'),
    file('a/y-z'),
    file('a/y/other'),
    whiteout('a/gone'),
    file('a0'),
  ]);
  const index = indexOf(layer);

  it('is made once a layer', () => {
    expect(indexOf(layer)).toBe(index);
  });

  it.each([
    ['', ['a', 'a-b', 'a0']],
    ['a', ['gone', 'x', 'x-y', 'y', 'y-z']],
    ['a/y', ['deep', 'other']],
    ['a/y/deep', ['er']],
    ['a/x', []],
    ['nowhere', []],
    ['a/', []],
  ])('knows the children of %j', (path, names) => {
    expect([...index.children(path)].sort()).toEqual(names);
    expect(index.implies(path)).toBe(names.length > 0);
  });

  it('does not take the root for its own child', () => {
    const rooted = indexOf(makeLayer([directory(''), file('x')]));
    expect([...rooted.children('')]).toEqual(['x']);
    expect([...indexOf(EMPTY_LAYER).children('')]).toEqual([]);
    expect(indexOf(EMPTY_LAYER).implies('')).toBe(false);
  });
});
