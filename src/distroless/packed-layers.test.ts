import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContents } from '../store/contents.ts';
import { testStore } from '../store/testing.ts';
import type { Entry, FileEntry } from '../tree/entry.ts';
import { makeLayer } from '../tree/layer.ts';
import { file, link } from '../tree/testing.ts';
import { packAll, packOnce } from './packed-layers.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

/** A file of five bytes at an offset of an unpacked package. */
const from = (path: string, at: string, offset = 0, more: Partial<FileEntry> = {}): FileEntry => ({
  ...file(path),
  size: 5,
  content: { kind: 'file', path: at, offset },
  ...more,
});

async function bench() {
  const place = await testStore();
  const { store } = place;
  const folder = join(place.root, '..');
  mkdirSync(folder, { recursive: true });
  const packed: string[] = [];
  const data = (name: string): string => {
    writeFileSync(join(folder, name), 'helloworld');
    return join(folder, name);
  };
  const session = {
    store,
    open: openContents(store, () => Promise.resolve(folder)),
    epoch: undefined,
    compression: 'gzip' as const,
    signal: new AbortController().signal,
    emit: (event: { type: string }) => void packed.push(event.type),
  };
  const pack = async (entries: readonly Entry[], origins: ReadonlyMap<string, string>, epoch?: number) => {
    const before = packed.length;
    const descriptor = await packOnce(
      { ...session, epoch },
      { name: 'base', layer: makeLayer(entries) },
      origins,
    );
    return { ...descriptor, isPacked: packed.length > before };
  };
  return { ...place, data, pack, session };
}

test('a layer of the same entries of the same packages is packed once, wherever these were unpacked', async () => {
  await using place = await bench();
  const { data, pack } = place;
  const [one, other] = [data('one'), data('other')];
  const entries = (at: string): readonly Entry[] => [
    from('a', at),
    from('b', at, 5, { link: `${at}-x` }),
    from('c', at, 5, { link: `${at}-x` }),
    file('made', 'text'),
    link('l', 'a'),
  ];
  const first = await pack(entries(one), new Map([[one, DIGEST]]));
  const second = await pack(entries(other), new Map([[other, DIGEST]]));
  expect([first.isPacked, second.isPacked]).toEqual([true, false]);
  expect(second).toMatchObject({ descriptor: first.descriptor, diffId: first.diffId });
});

test('what differs in anything that is packed is packed anew', async () => {
  await using place = await bench();
  const { data, pack } = place;
  const at = data('one');
  const origins = new Map([[at, DIGEST]]);
  const variants: readonly (readonly Entry[])[] = [
    [from('a', at)],
    [from('b', at)],
    [from('a', at, 5)],
    [from('a', at, 0, { mode: 0o755 })],
    [from('a', at, 0, { uid: 1 })],
    [from('a', at, 0, { mtime: 1 })],
    [from('a', at, 0, { xattrs: { 'user.x': Buffer.from('1') } })],
    [from('a', at), from('b', at)],
    [from('a', at, 0, { link: 'x' }), from('b', at, 0, { link: 'x' })],
    [file('a', 'hello')],
    [link('a', 'hello')],
    [link('a', 'world')],
  ];
  for (const entries of variants) expect((await pack(entries, origins)).isPacked).toBe(true);
  expect((await pack([from('a', at)], new Map([[at, `sha256:${'b'.repeat(64)}`]]))).isPacked).toBe(true);
  expect((await pack([from('a', at)], origins, 5)).isPacked).toBe(true);
  for (const entries of variants) expect((await pack(entries, origins)).isPacked).toBe(false);
});

test('what is not of a package is packed each time', async () => {
  await using place = await bench();
  const { data, pack } = place;
  const at = data('runtime');
  for (const _time of [1, 2]) expect((await pack([from('a', at)], new Map())).isPacked).toBe(true);
});

test('a layer whose blob is gone is packed again', async () => {
  await using place = await bench();
  const { data, pack, store } = place;
  const at = data('one');
  const origins = new Map([[at, DIGEST]]);
  const { descriptor } = await pack([from('a', at)], origins);
  await store.blobs.remove(descriptor.digest);
  expect(await pack([from('a', at)], origins)).toMatchObject({ isPacked: true, descriptor });
});

test('all layers of a base come in their order, however long each takes', async () => {
  await using place = await bench();
  const { data, pack, session } = place;
  const at = data('one');
  const layers = [30, 2, 0].map((count) => ({
    name: 'base',
    layer: makeLayer(Array.from({ length: count + 1 }, (_, index) => from(`f${count}-${index}`, at))),
  }));
  const origins = new Map([[at, DIGEST]]);
  const packed = await packAll(session, layers, origins);
  for (const [index, { layer }] of layers.entries())
    expect((await pack(layer.entries, origins)).descriptor).toEqual(packed[index]?.descriptor);
});

test('a layer that cannot be packed ends the others, and is what is told', async () => {
  await using place = await bench();
  const { data, pack, session } = place;
  const at = data('one');
  const [damaged, other] = ['damaged', 'other'].map((path) => makeLayer([from(path, at)]));
  const unpack = async (entries: readonly Entry[]): Promise<void> => {
    if (entries === damaged?.entries) throw new Error('the package is damaged');
    await new Promise(setImmediate);
  };
  const origins = new Map([[at, DIGEST]]);
  const layers = [damaged, other].flatMap((layer) => (layer ? [{ name: 'base', layer }] : []));
  await expect(packAll(session, layers, origins, unpack)).rejects.toThrow('the package is damaged');
  expect((await pack(other?.entries ?? [], origins)).isPacked).toBe(true);
});
