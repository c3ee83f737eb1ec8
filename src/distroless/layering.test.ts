import { describe, expect, test } from 'vitest';
import type { Entry } from '../tree/entry.ts';
import { makeLayer } from '../tree/layer.ts';
import { directory, file, link } from '../tree/testing.ts';
import { pile } from './layering.ts';

function layersOf(...trees: readonly (readonly Entry[])[]): readonly string[] {
  const named = trees.map((entries, index) => ({ name: 'abc'[index] ?? '?', layer: makeLayer(entries) }));
  return pile(named).map(({ name, layer }) => `${name}: ${layer.entries.map(({ path }) => path).join(' ')}`);
}

const USR = directory('usr');
const LIBC = file('usr/libc', 'libc');
const SSL = file('usr/ssl', 'ssl');

describe('trees that each hold the one before', () => {
  test('are a layer each, of what each adds', () => {
    expect(layersOf([USR], [USR, LIBC], [USR, LIBC, SSL])).toEqual(['a: usr', 'b: usr/libc', 'c: usr/ssl']);
  });

  test('a time alone is no difference, and neither is a directory that is no longer empty', () => {
    const later = [
      { ...USR, mtime: 9 },
      { ...LIBC, mtime: 9 },
      { ...link('usr/l', 'libc'), mtime: 9 },
    ];
    expect(layersOf([USR, LIBC, link('usr/l', 'libc')], [...later, SSL])).toEqual([
      'a: usr usr/l usr/libc',
      'b: usr/ssl',
    ]);
  });

  test.each<[string, Entry, Entry]>([
    ['other bytes', file('etc/cache', 'one'), file('etc/cache', 'two')],
    ['another size', file('etc/cache', 'one'), file('etc/cache', 'three')],
    ['another mode', file('etc/x', ''), file('etc/x', '', { mode: 0o600 })],
    ['another owner', directory('home'), directory('home', { uid: 5 })],
    ['another target', link('a', 'b'), link('a', 'c')],
    ['another type', link('a', 'b'), file('a', 'b')],
  ])('%s are in both', (_what, before, after) => {
    expect(layersOf([USR, before], [USR, after])).toEqual([
      `a: ${[before.path, 'usr'].toSorted().join(' ')}`,
      `b: ${after.path}`,
    ]);
  });

  test('one that adds nothing gives no layer', () => {
    expect(layersOf([USR, LIBC], [USR, LIBC])).toEqual(['a: usr usr/libc']);
  });
});

describe('a tree is no layer of its own', () => {
  test('where a later one lacks a file of it', () => {
    expect(layersOf([USR, LIBC], [USR, SSL])).toEqual(['b: usr usr/ssl']);
    expect(layersOf([USR], [USR, LIBC], [USR, SSL])).toEqual(['a: usr', 'c: usr/ssl']);
  });

  test('where a later one has something else in the place of a directory', () => {
    expect(layersOf([USR, LIBC], [link('usr', 'other')])).toEqual(['b: usr']);
  });

  test('where a later one replaces much of it', () => {
    const large = (letter: string): Entry => file('usr/modules', letter.repeat(2 ** 20));
    expect(layersOf([USR, large('a')], [USR, large('b')])).toEqual(['b: usr usr/modules']);
  });

  test('but an empty directory that is gone hides nothing', () => {
    expect(layersOf([USR, directory('usr/bin')], [USR, LIBC])).toEqual(['a: usr usr/bin', 'b: usr/libc']);
  });
});
