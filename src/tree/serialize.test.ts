import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Content, Entry, Layer } from './entry.ts';
import { makeLayer } from './layer.ts';
import { layerFromRows, layerRows } from './serialize.ts';
import type { LayerPlace } from './serialize.ts';
import { anyLayer, directory, file, link, whiteout } from './testing.ts';

/** The layer written with one directory, kept as text, and read in another place. */
function kept(layer: Layer, place: LayerPlace, directory?: string): Layer | undefined {
  return layerFromRows(JSON.parse(JSON.stringify(layerRows(layer, directory))), place);
}

const at = (path: string, content: Content): Entry => ({ ...file(path, 'xyz'), content });

describe('a layer kept as rows', () => {
  it('comes back as it was, whatever is in it', () => {
    fc.assert(
      fc.property(anyLayer(), (layer) => {
        const entries = layer.entries.map((entry) =>
          entry.type === 'file' && entry.link !== undefined ? { ...entry, link: `id:${entry.link}` } : entry,
        );
        expect(plain(kept(layer, { id: 'id' })?.entries)).toEqual(plain(entries));
      }),
    );
  });

  it.each<[string, Entry]>([
    ['a name that is not UTF-8', file('caf\uDCE9/\uDCFF\uDC80')],
    [
      'names that mean something elsewhere',
      file('__proto__/constructor', '', { xattrs: { ['__proto__']: Buffer.from('x') } }),
    ],
    [
      'binary attributes',
      directory('d', {
        xattrs: { 'security.capability': Buffer.from([1, 0, 10, 255]), 'user.e': Buffer.alloc(0) },
      }),
    ],
    ['fractions of seconds', link('l', 'x', { mtime: 1_700_000_000.123_456 })],
    ['the clock', file('a', '', { mtime: 5, clock: true })],
    ['a digest', file('a', '', { digest: 'sha256:1' })],
    ['an opaque root', directory('', { opaque: true })],
    ['a whiteout', whiteout('a/b')],
    ['a device', { ...directory('d'), type: 'block', major: 259, minor: 65_536 }],
    ['a part of a blob', at('a', { kind: 'blob', blob: 'sha256:1', offset: 2 ** 40 })],
    ['a file elsewhere', at('a', { kind: 'file', path: '/srv/x' })],
    ['a part of a file', at('a', { kind: 'file', path: '/layers/1/a', offset: 512 })],
    ['a part of a file, from its start', at('a', { kind: 'file', path: '/layers/1/a', offset: 0 })],
  ])('has %s', (_, entry) => {
    const layer = makeLayer([entry]);
    expect(plain(kept(layer, { id: 'id', directory: '/layers/2' }, '/layers/1')?.entries)).toEqual(
      plain([entry]),
    );
  });

  it('goes where its files go', () => {
    const layer = makeLayer([at('d/a', { kind: 'file', path: '/layers/1/d/a' })]);
    expect(JSON.stringify(layerRows(layer, '/layers/1'))).not.toContain('/layers');
    expect(kept(layer, { id: 'id', directory: '/layers/2' }, '/layers/1')?.entries).toMatchObject([
      { content: { kind: 'file', path: '/layers/2/d/a' } },
    ]);
  });

  it('is no layer without the directory that its files are in', () => {
    const layer = makeLayer([at('a', { kind: 'file', path: '/layers/1/a' })]);
    expect(kept(layer, { id: 'id' }, '/layers/1')).toBeUndefined();
  });

  it('has hard links of its own', () => {
    const layer = makeLayer([
      file('a', 'x', { link: 'g' }),
      file('b', 'x', { link: 'g' }),
      file('c', '', { link: 'h' }),
    ]);
    const links = (id: string) =>
      kept(layer, { id })?.entries.map((entry) => entry.type === 'file' && entry.link);
    expect(links('1')).toEqual(['1:g', '1:g', '1:h']);
    expect(links('2')).toEqual(['2:g', '2:g', '2:h']);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'x'],
    ['another version', { version: 0, rows: [] }],
    ['no rows', { version: 1 }],
    ['rows that are none', { version: 1, rows: [null] }],
    ['a type that nobody knows', { version: 1, rows: [['?', 'a', 0, 0, 0, 0, 0, 0]] }],
    ['a file without content', { version: 1, rows: [['f', 'a', 0, 0, 0, 0, 0, 0]] }],
  ])('is not read from %s', (_, value) => {
    expect(layerFromRows(value, { id: 'id' })).toBeUndefined();
  });
});

/** Bytes as text, so that it does not matter which kind of array they are in. */
function plain(entries: readonly Entry[] | undefined): unknown {
  return entries?.map((entry) => {
    const xattrs = Object.entries(entry.xattrs ?? {}).map(([name, value]) => [
      name,
      Buffer.from(value).toString('hex'),
    ]);
    if (entry.type !== 'file' || entry.content.kind !== 'inline') return { ...entry, xattrs };
    return { ...entry, xattrs, content: Buffer.from(entry.content.bytes).toString('hex') };
  });
}
