/** One image, opened wherever it may rest: it answers the same everywhere. */
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect } from '../codec/stream.ts';
import { sha256 } from '../codec/digest.ts';
import type { ImageView } from '../inspect/image/image-view.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { imageDocuments, makeImage } from '../oci/image.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { putImage } from '../store/testing.ts';
import { readRegularFile } from '../store/regular-file.ts';
import type { Store } from '../store/store.ts';
import { packLayer } from '../tree/pack.ts';
import { makeLayer } from '../tree/layer.ts';
import { directory, file, link, treeText, whiteout } from '../tree/testing.ts';
import type { Entry } from '../tree/entry.ts';
import { gzip } from '../codec/gzip/gzip.ts';
import { digestOf } from '../codec/digest.ts';
import { openImage } from './open-image.ts';
import { openHarbour, putIndex, type Harbour } from './testing.ts';

const BIG = Buffer.alloc(700_000, 'decant');

/** Three layers: the second removes, the third is not compressed. */
async function putLayers(store: Store, name: string): Promise<Descriptor> {
  const stacks: readonly (readonly Entry[])[] = [
    [directory('etc'), file('etc/name', 'old'), file('etc/gone', 'secret'), file('big', BIG)],
    [
      whiteout('etc/gone'),
      file('etc/name', 'new'),
      file('a', 'twice', { link: 'x' }),
      file('b', 'twice', { link: 'x' }),
    ],
    [link('latest', 'etc/name')],
  ];
  const layers = [];
  for (const [index, entries] of stacks.entries()) {
    const open = (entry: Parameters<ImageView['open']>[0]) =>
      entry.content.kind === 'inline' ? entry.content.bytes : new Uint8Array();
    const pack = () => packLayer(makeLayer(entries), { open });
    const diffId = (await digestOf(pack())).digest;
    const isPlain = index === 2;
    const blob = await store.blobs.put(isPlain ? pack() : gzip(pack()));
    const mediaType = isPlain ? MEDIA_TYPE.layer : MEDIA_TYPE.layerGzip;
    layers.push({ descriptor: { mediaType, ...blob }, diffId });
  }
  const documents = imageDocuments(
    makeImage(
      {
        architecture: 'amd64',
        os: 'linux',
        config: { Cmd: ['/latest'] },
        history: [
          { created_by: 'ADD rootfs / # buildkit' },
          { created_by: 'RUN /bin/sh -c rm /etc/gone # buildkit' },
          { created_by: 'CMD ["/latest"]', empty_layer: true },
          { created_by: 'COPY latest / # buildkit' },
        ],
      },
      layers,
    ),
  );
  await store.blobs.putBytes(documents.config);
  await store.blobs.putBytes(documents.manifest);
  await store.images.tag([name], documents.manifestDescriptor);
  return documents.manifestDescriptor;
}

async function text(view: ImageView, path: string): Promise<string> {
  const node = (await view.tree()).get(path);
  if (node?.type !== 'file') throw new Error(`${path} is no file`);
  const content = view.open(node);
  return (content instanceof Uint8Array ? Buffer.from(content) : await collect(content)).toString();
}

const PLACES = [
  'app',
  'store:app',
  'docker://HOST/app:1',
  'HOST/app:1',
  'oci:DIR/layout:1',
  'oci-archive:DIR/oci.tar',
  'docker-archive:DIR/docker.tar:app:1',
  'DIR/layout',
  'DIR/docker.tar',
];

async function setUp(harbour: Harbour): Promise<Descriptor> {
  const descriptor = await putLayers(harbour.store, 'app');
  for (const place of [
    'docker://HOST/app:1',
    'oci:DIR/layout:1',
    'oci-archive:DIR/oci.tar',
    'docker-archive:DIR/docker.tar:app:1',
  ])
    await harbour.copy('store:app', place);
  return descriptor;
}

/** As from a machine whose store has nothing. */
async function elsewhere(harbour: Harbour, place: string) {
  const other = await openHarbour();
  const means = { ...harbour.means, store: other.store };
  const view = await openImage(
    place.replace('HOST', harbour.registry.host).replace('DIR', harbour.folder),
    means,
  );
  return { view, other, means };
}

describe('an image', () => {
  test.each(PLACES)('at %s', async (place) => {
    await using harbour = await openHarbour();
    const { digest } = await setUp(harbour);
    const isStored = /^(?:app|store:)/.test(place);
    const { view, other } = isStored
      ? { view: await openImage(place, harbour.means), other: undefined }
      : await elsewhere(harbour, place);
    if (!place.includes('docker.tar')) expect(view.descriptor.digest).toBe(digest);
    expect(view.platform).toEqual({ os: 'linux', architecture: 'amd64' });
    expect(view.config.config?.Cmd).toEqual(['/latest']);
    expect(view.layers.map(({ step }) => step?.instruction)).toEqual([
      'ADD rootfs /',
      'RUN rm /etc/gone',
      'COPY latest /',
    ]);
    const tree = await view.tree();
    expect(treeText(tree).map((line) => line.split(' ', 2).join(' '))).toEqual([
      '/a file',
      '/b file',
      '/big file',
      '/etc directory',
      '/etc/name file',
      '/latest symlink',
    ]);
    expect(await text(view, 'etc/name')).toBe('new');
    expect(await text(view, 'big')).toBe(BIG.toString());
    const lower = await view.layers[0]?.digests();
    expect(Object.fromEntries(lower ?? [])).toEqual({
      'etc/name': sha256('old'),
      'etc/gone': sha256('secret'),
      big: sha256(BIG),
    });
    expect(Object.fromEntries((await view.layers[1]?.digests()) ?? [])).toEqual({
      'etc/name': sha256('new'),
      a: sha256('twice'),
      b: sha256('twice'),
    });
    // The second time they come from the store's records.
    const again = await openImage(
      isStored ? place : place.replace('HOST', harbour.registry.host).replace('DIR', harbour.folder),
      {
        ...harbour.means,
        store: (other ?? harbour).store,
      },
    );
    expect(Object.fromEntries((await again.layers[0]?.digests()) ?? [])).toEqual(
      Object.fromEntries(lower ?? []),
    );
    await again.close();
    await view.close();
    if (other) {
      expect(await other.store.images.list()).toEqual([]);
      await other[Symbol.asyncDispose]();
    }
  });

  test('gives what is wanted of a layer in one pass, hard links once', async () => {
    await using harbour = await openHarbour();
    await putLayers(harbour.store, 'app');
    const view = await openImage('app', harbour.means);
    const taken: string[] = [];
    await view.layers[1]?.read(
      () => true,
      async (entry, bytes) => void taken.push(`${entry.path}=${(await collect(bytes)).toString()}`),
    );
    expect(taken).toEqual(['a=twice', 'etc/name=new']);
    const first: string[] = [];
    await view.layers[0]?.read(
      ({ path }) => path.startsWith('etc'),
      async ({ path }) => {
        first.push(path);
        return false;
      },
    );
    expect(first).toEqual(['etc/gone']);
    await view.close();
  });

  test('in a registry is fetched only when its files are asked for, and then once', async () => {
    await using harbour = await openHarbour();
    await setUp(harbour);
    const { view, other, means } = await elsewhere(harbour, 'docker://HOST/app:1');
    const fetched = (): number =>
      harbour.registry.requests.filter((request) => /^GET .*\/blobs\//.test(request)).length;
    const before = fetched();
    expect(view.layers).toHaveLength(3);
    expect(fetched()).toBe(before);
    await view.tree();
    expect(fetched()).toBe(before + 3);
    await text(view, 'big');
    const again = await openImage(`docker://${harbour.registry.host}/app:1`, means);
    await text(again, 'big');
    // Its config was read to open it.
    expect(fetched()).toBe(before + 4);
    await again.close();
    await view.close();
    await other[Symbol.asyncDispose]();
  });
});

describe('which image is meant', () => {
  test('the one for this platform, or for another that is asked for', async () => {
    await using harbour = await openHarbour();
    await putIndex(harbour.store, 'multi');
    await harbour.copy('store:multi', 'docker://HOST/multi:1');
    const arm = { os: 'linux', architecture: 's390x' };
    for (const place of ['multi', `docker://${harbour.registry.host}/multi:1`]) {
      const view = await openImage(place, harbour.means, { os: 'linux', architecture: 'amd64' });
      expect(view.layers).toHaveLength(1);
      await view.close();
      await expect(openImage(place, harbour.means, arm)).rejects.toMatchObject({ code: 'IMAGE_PLATFORM' });
    }
  });

  test.each([
    [
      'a name that nobody has',
      'HOST/nothing:1',
      'IMAGE_UNKNOWN',
      /in the store, and its registry does not give it/,
    ],
    [
      'a registry that is not there',
      '127.0.0.1:1/app',
      'IMAGE_UNKNOWN',
      /in the store, and its registry cannot be asked/,
    ],
    ['the same by its transport', 'docker://127.0.0.1:1/app', 'NETWORK', /127\.0\.0\.1:1/],
    ['an id', 'sha256:0123456789ab', 'IMAGE_UNKNOWN', /in the store$/],
    ['no name at all', 'Not:Valid', 'REFERENCE_INVALID', /Not:Valid/],
    ['no such file', 'DIR/nothing.tar', 'FILE_UNREADABLE', /nothing\.tar|ENOENT/],
    ['a file that is no archive', 'DIR/text', 'ARCHIVE_INVALID', /text/],
  ])('%s', async (_, place, code, message) => {
    await using harbour = await openHarbour();
    await putImage(harbour.store, 'x');
    writeFileSync(join(harbour.folder, 'text'), 'hello');
    const readFile = async (path: string) => readRegularFile(path);
    await expect(
      openImage(place.replace('HOST', harbour.registry.host).replace('DIR', harbour.folder), {
        ...harbour.means,
        readFile,
      }),
    ).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  });
});

describe('a folder', () => {
  function rootIn(folder: string): string {
    const root = join(folder, 'root');
    mkdirSync(join(root, 'etc'), { recursive: true });
    writeFileSync(join(root, 'etc/name'), 'new');
    writeFileSync(join(root, 'big'), BIG);
    linkSync(join(root, 'big'), join(root, 'same'));
    symlinkSync('etc/name', join(root, 'latest'));
    chmodSync(join(root, 'big'), 0o4755);
    return root;
  }

  test('is an image of one layer, with its files as they lie there', async () => {
    await using harbour = await openHarbour();
    const view = await openImage(`dir:${rootIn(harbour.folder)}`, harbour.means);
    expect(view.layers).toHaveLength(1);
    const tree = await view.tree();
    expect(treeText(tree).map((line) => line.split(' ', 3).join(' '))).toEqual([
      '/big file 4755',
      '/etc directory 0755',
      '/etc/name file 0644',
      '/latest symlink 0777',
      '/same file 4755',
    ]);
    expect(await text(view, 'etc/name')).toBe('new');
    expect(await text(view, 'same')).toBe(BIG.toString());
    expect((await view.layers[0]?.digests())?.get('big')).toBe(sha256(BIG));
    const big = tree.get('big');
    if (big?.type !== 'file' || big.content.kind !== 'blob') throw new Error('big is no file');
    const part = view.open({ ...big, size: 6, content: { ...big.content, offset: big.content.offset + 12 } });
    expect(Buffer.from(part as Uint8Array).toString()).toBe('decant');
    await view.close();
  });

  test('has the same digests again, and others when something in it is another', async () => {
    await using harbour = await openHarbour();
    const root = rootIn(harbour.folder);
    const idOf = async (): Promise<string> => (await openImage(`dir:${root}`, harbour.means)).id;
    const first = await idOf();
    expect(await idOf()).toBe(first);
    chmodSync(join(root, 'big'), 0o755);
    expect(await idOf()).not.toBe(first);
  });

  test('that changes while it is looked at is told of', async () => {
    await using harbour = await openHarbour();
    const root = rootIn(harbour.folder);
    const view = await openImage(`dir:${root}`, harbour.means);
    writeFileSync(join(root, 'etc/name'), 'old');
    await expect(view.tree()).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
  });

  test.each(['nothing', 'root/etc/name'])('is not %s', async (path) => {
    await using harbour = await openHarbour();
    rootIn(harbour.folder);
    const opened = openImage(`dir:${join(harbour.folder, path)}`, harbour.means);
    await expect(opened).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
