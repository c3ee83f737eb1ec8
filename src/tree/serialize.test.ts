import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Content, Entry, Layer } from './entry.ts';
import { EMPTY_LAYER, indexOf, makeLayer } from './layer.ts';
import { layerFromRows, layerFromIndex, layerRows, layerIndex } from './serialize.ts';
import type { LayerPlace } from './serialize.ts';
import { anyLayer, directory, file, link, whiteout } from './testing.ts';

/** The layer written with one directory, kept as text, and read in another place. */
function kept(layer: Layer, place: LayerPlace, directory?: string): Layer | undefined {
  return layerFromRows(JSON.parse(JSON.stringify(layerRows(layer, directory))), place);
}

/** The same as an index. */
function keptAsIndex(layer: Layer, place: LayerPlace, directory?: string): Layer | undefined {
  return layerFromIndex(Buffer.concat([...layerIndex(layer, directory)]), place);
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
        expect(plain(keptAsIndex(layer, { id: 'id' })?.entries)).toEqual(plain(entries));
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
    for (const keep of [kept, keptAsIndex])
      expect(plain(keep(layer, { id: 'id', directory: '/layers/2' }, '/layers/1')?.entries)).toEqual(
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

describe('a layer kept as text', () => {
  const layer = makeLayer([directory('d'), file('d/a', '1'), file('d/b', '2'), file('e'), whiteout('f/g')]);

  it('is looked up as the layer itself is, few times or many', () => {
    fc.assert(
      fc.property(anyLayer(), fc.array(fc.nat(), { maxLength: 60 }), (any, picks) => {
        const read = keptAsIndex(any, { id: 'id' });
        const [found, expected] = [indexOf(read ?? EMPTY_LAYER), indexOf(any)];
        const paths = ['', 'd', 'no', 'no/such', ...any.entries.map(({ path }) => path)];
        for (const pick of picks) {
          const path = paths[pick % paths.length] ?? '';
          expect(found.get(path)?.type).toBe(expected.get(path)?.type);
          expect([...found.children(path)]).toEqual([...expected.children(path)]);
          expect(found.implies(path)).toBe(expected.implies(path));
        }
      }),
    );
  });

  it('parses only the rows that look-ups need', () => {
    const many = makeLayer(Array.from({ length: 1000 }, (_, index) => file(`f${index}`)));
    const bytes = Buffer.concat([...layerIndex(many)]);
    const parse = vi.spyOn(JSON, 'parse');
    const index = indexOf(layerFromIndex(bytes, { id: 'id' }) ?? EMPTY_LAYER);
    expect(index.get('f500')?.path).toBe('f500');
    expect(parse.mock.calls.length).toBeLessThan(20);
    parse.mockRestore();
  });

  it('of a large layer is made in pieces, so that it never is in memory as a whole', () => {
    const many = makeLayer(Array.from({ length: 40_000 }, (_, index) => file(`${'f'.repeat(100)}${index}`)));
    const pieces = [...layerIndex(many)];
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1.1 * 1024 * 1024);
    expect(layerFromIndex(Buffer.concat(pieces), { id: 'id' })?.entries).toHaveLength(40_000);
  });

  it.each<[string, (bytes: Buffer) => Buffer]>([
    ['cut off', (bytes) => bytes.subarray(0, -1)],
    ['cut off between lines', (bytes) => bytes.subarray(0, bytes.indexOf('\n', 40) + 1)],
    ['empty', () => Buffer.alloc(0)],
    ['a hole in the rows', (bytes) => withHole(bytes, 30)],
    ['a hole in what says where they begin', (bytes) => withHole(bytes, bytes.length - 9)],
    ['of another version', (bytes) => Buffer.from(bytes.toString('latin1').replace('[2,', '[1,'), 'latin1')],
    ['rows', () => Buffer.from(JSON.stringify(layerRows(layer)))],
  ])('is none where it is %s', (_, spoil) => {
    const bytes = Buffer.concat([...layerIndex(layer)]);
    expect(layerFromIndex(bytes, { id: 'id' })?.entries).toHaveLength(5);
    expect(layerFromIndex(spoil(bytes), { id: 'id' })).toBeUndefined();
  });
});

function withHole(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.alloc(9), bytes.subarray(at + 9)]);
}
