// The archives of src/oci as well: they need a store to come from and to go to.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';

import { sha256 } from '../codec/digest.ts';
import { encodeTarHeader, readTar, TAR_END, tarPadding, type TarHeaderInput } from '../codec/tar/tar.ts';
import { imageDocuments, makeImage } from '../oci/image.ts';
import { encodeIndex } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import type { Store } from './store.ts';
import { chunks, putImage, tarOf, testStore } from './testing.ts';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const hexOf = (digest: string): string => digest.slice('sha256:'.length);
const blob = (bytes: Uint8Array): string => `blobs/sha256/${hexOf(sha256(bytes))}`;

const LAYER = tarOf({ 'file.txt': 'hello' });
const IMAGE = makeImage({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/x'] } }, [
  {
    descriptor: { mediaType: MEDIA_TYPE.layer, digest: sha256(LAYER), size: LAYER.length },
    diffId: sha256(LAYER),
  },
]);
const { config: CONFIG, manifest: MANIFEST, manifestDescriptor: TOP } = imageDocuments(IMAGE);

const DOCKER: Readonly<Record<string, Uint8Array>> = {
  'manifest.json': json([{ Config: 'config.json', RepoTags: ['app:1'], Layers: ['a/layer.tar'] }]),
  'config.json': CONFIG,
  'a/layer.tar': LAYER,
};
const OCI: Readonly<Record<string, Uint8Array>> = {
  'oci-layout': json({ imageLayoutVersion: '1.0.0' }),
  'index.json': encodeIndex({
    mediaType: MEDIA_TYPE.index,
    manifests: [{ ...TOP, annotations: { 'org.opencontainers.image.ref.name': 'app:1' } }],
  }),
  [blob(CONFIG)]: CONFIG,
  [blob(MANIFEST)]: MANIFEST,
  [blob(LAYER)]: LAYER,
};

describe('saving and loading', () => {
  test.each(['docker-archive', 'oci-archive'] as const)(
    'a %s brings images over with names and ids',
    async (type) => {
      await using from = await testStore();
      await using to = await testStore();
      const one = await putImage(from.store, 'one');
      const two = await putImage(from.store, 'two');
      await from.store.images.tag(['one', 'localhost:5000/uno:1'], one.descriptor);
      await from.store.images.tag(['two'], two.descriptor);
      const names = ['one', 'two', 'localhost:5000/uno:1'];
      const archive = await saved(from.store, names, type);
      expect(await saved(from.store, names, type), 'the same bytes every time').toEqual(archive);

      const imported = await to.store.importLayout(chunks(archive));
      expect(imported).toMatchObject([
        { names: ['one:latest', 'localhost:5000/uno:1'], descriptor: { digest: one.descriptor.digest } },
        { names: ['two:latest'], descriptor: { digest: two.descriptor.digest } },
      ]);
      expect(await to.store.images.list()).toEqual(await from.store.images.list());
      expect(await to.store.prune()).toMatchObject({ freedBytes: 0 });
      const image = await to.store.images.load(await to.store.images.get('one'), {
        os: 'linux',
        architecture: 'amd64',
      });
      expect(image.image).toEqual(one.image);
      expect(leftInTmp(to.root)).toEqual([]);
    },
  );

  test('a docker-archive has what `docker load` of any age looks for', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'one');
    await place.store.images.tag(['debian:12'], descriptor);
    const { id, image } = await place.store.images.load(await place.store.images.get('debian:12'));
    const files = await untar(await saved(place.store, ['debian:12'], 'docker-archive'));
    const layer = hexOf(image.layers[0]?.diffId ?? '');
    expect(files['manifest.json']).toBe(
      `[{"Config":"blobs/sha256/${hexOf(id)}","RepoTags":["debian:12"],"Layers":["blobs/sha256/${layer}"]}]`,
    );
    expect(files['repositories']).toBe(`{"debian":{"12":"${layer}"}}`);
    expect(files['oci-layout']).toBe('{"imageLayoutVersion":"1.0.0"}');
  });

  test('an image asked for by its id has no name in the archive', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'one');
    await place.store.images.tag(['app'], descriptor);
    const archive = await saved(place.store, [descriptor.digest], 'docker-archive');
    await place.store.removeImage('app');
    expect(await place.store.importLayout(chunks(archive))).toMatchObject([{ names: [] }]);
    expect(await place.store.images.find(descriptor.digest)).toMatchObject({ names: [] });
  });

  test('a folder is as good as an archive', async () => {
    await using from = await testStore();
    await using to = await testStore();
    const { descriptor } = await putImage(from.store, 'one');
    await from.store.images.tag(['app'], descriptor);
    const folder = join(from.root, '..', 'folder');
    await from.store.exportFolder(['app'], folder, { type: 'oci-archive' });
    expect(await to.store.importFolder(folder)).toMatchObject([{ names: ['app:latest'] }]);
    await expect(from.store.exportFolder(['app'], folder, { type: 'oci-archive' })).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    });
    // A link in it might lead to any file of the machine.
    rmSync(join(folder, 'index.json'));
    writeFileSync(join(folder, '..', 'elsewhere'), '{}');
    symlinkSync('../elsewhere', join(folder, 'index.json'));
    await expect(to.store.importFolder(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  test('a layer in Zstandard goes to Docker as plain tar, and stays as it is among OCI tools', async () => {
    await using from = await testStore();
    await using to = await testStore();
    const zstd = zstdFrame(LAYER);
    const { digest, size } = await from.store.blobs.putBytes(zstd);
    const descriptor = { mediaType: MEDIA_TYPE.layerZstd, digest, size };
    const documents = imageDocuments(makeImage(IMAGE.config, [{ descriptor, diffId: sha256(LAYER) }]));
    await from.store.blobs.putBytes(documents.config);
    await from.store.blobs.putBytes(documents.manifest);
    await from.store.images.tag(['app'], documents.manifestDescriptor);

    const [docker] = await to.store.importLayout(chunks(await saved(from.store, ['app'], 'docker-archive')));
    expect(docker?.descriptor.digest).toBe(TOP.digest);
    const [oci] = await to.store.importLayout(chunks(await saved(from.store, ['app'], 'oci-archive')));
    expect(oci?.descriptor.digest).toBe(documents.manifestDescriptor.digest);
  });

  test('an index keeps the platforms that the archive has', async () => {
    await using place = await testStore();
    const index = encodeIndex({
      mediaType: MEDIA_TYPE.index,
      manifests: [
        TOP,
        { ...TOP, digest: sha256('absent'), platform: { os: 'linux', architecture: 'arm64' } },
      ],
    });
    const entry = { mediaType: MEDIA_TYPE.index, digest: sha256(index), size: index.length };
    const archive = tarOf({
      ...OCI,
      [blob(index)]: index,
      'index.json': encodeIndex({
        mediaType: MEDIA_TYPE.index,
        manifests: [{ ...entry, annotations: { 'io.containerd.image.name': 'docker.io/library/multi:1' } }],
      }),
    });
    await place.store.importLayout(chunks(archive));
    const stored = await place.store.images.get('multi:1');
    expect(stored.descriptor.digest).toBe(sha256(index));
    const loaded = await place.store.images.load(stored, { os: 'linux', architecture: 'amd64' });
    expect(loaded.descriptor.digest).toBe(TOP.digest);
    await expect(
      place.store.images.load(stored, { os: 'linux', architecture: 'arm64' }),
    ).rejects.toMatchObject({
      code: 'IMAGE_PLATFORM',
      hint: 'it is there for linux/amd64',
    });
  });
});

describe('archives of other tools', () => {
  const layer = gzipSync(LAYER);
  test.each<[string, Uint8Array]>([
    ['plain layers', tarOf(DOCKER)],
    ['a compressed archive', gzipSync(tarOf(DOCKER))],
    ['compressed layers', tarOf({ ...DOCKER, 'a/layer.tar': layer })],
    [
      'names that begin with ./',
      tarOf(Object.fromEntries(Object.entries(DOCKER).map(([path, bytes]) => [`./${path}`, bytes]))),
    ],
    [
      'layers that are links to others',
      members(
        [{ path: 'b/layer.tar' }, LAYER],
        [{ path: 'a/layer.tar', type: 'symlink', linkname: '../c/layer.tar' }],
        [{ path: 'c/layer.tar', type: 'link', linkname: 'b/layer.tar' }],
        [{ path: 'config.json' }, CONFIG],
        [{ path: 'manifest.json' }, DOCKER['manifest.json'] ?? Buffer.alloc(0)],
      ),
    ],
    ['an OCI layout', tarOf(OCI)],
    [
      'an OCI layout whose names are in manifest.json',
      tarOf({
        ...OCI,
        'index.json': encodeIndex({ mediaType: MEDIA_TYPE.index, manifests: [TOP] }),
        'manifest.json': json([{ Config: blob(CONFIG), RepoTags: ['app:1'], Layers: [blob(LAYER)] }]),
      }),
    ],
  ])('with %s are read', async (_what, archive) => {
    await using place = await testStore();
    expect(await place.store.importLayout(chunks(archive))).toMatchObject([{ names: ['app:1'] }]);
    const loaded = await place.store.images.load(await place.store.images.get('app:1'), {
      os: 'linux',
      architecture: 'amd64',
    });
    expect(loaded.id).toBe(sha256(CONFIG));
    expect(loaded.image.layers[0]?.diffId).toBe(sha256(LAYER));
    expect((await place.store.prune()).freedBytes).toBe(0);
  });
});

describe('hostile archives leave the store as it was', () => {
  const otherLayer = tarOf({ 'file.txt': 'other' });
  const whole = tarOf(DOCKER);
  const bomb = gzipSync(Buffer.alloc(10 * 1024 * 1024));
  const manifestJson = (entry: object): Record<string, Uint8Array> => ({
    ...DOCKER,
    'manifest.json': json([entry]),
  });
  test.each<[what: string, archive: Uint8Array, code: string]>([
    ['a name with ..', tarOf({ ...DOCKER, '../outside': 'x' }), 'ARCHIVE_UNSAFE'],
    ['a name with .. in the middle', tarOf({ ...DOCKER, 'a/../../outside': 'x' }), 'ARCHIVE_UNSAFE'],
    ['an absolute name', tarOf({ ...DOCKER, '/tmp/outside': 'x' }), 'ARCHIVE_UNSAFE'],
    [
      'a link that leads out',
      members([{ path: 'config.json', type: 'symlink', linkname: '../../../etc/passwd' }]),
      'ARCHIVE_UNSAFE',
    ],
    [
      'an absolute link',
      members([{ path: 'config.json', type: 'symlink', linkname: '/etc/passwd' }]),
      'ARCHIVE_UNSAFE',
    ],
    [
      'a hard link that leads out',
      members([{ path: 'x', type: 'link', linkname: '../x' }]),
      'ARCHIVE_UNSAFE',
    ],
    ['a device', members([{ path: 'x', type: 'char', major: 1, minor: 3 }]), 'ARCHIVE_UNSAFE'],
    [
      'links in a circle',
      members(
        [{ path: 'manifest.json', type: 'file' }, DOCKER['manifest.json'] ?? Buffer.alloc(0)],
        [{ path: 'config.json', type: 'symlink', linkname: 'other.json' }],
        [{ path: 'other.json', type: 'symlink', linkname: 'config.json' }],
      ),
      'IMAGE_DAMAGED',
    ],
    ['a config outside', tarOf(manifestJson({ Config: '../../etc/passwd', Layers: [] })), 'ARCHIVE_UNSAFE'],
    [
      'a layer outside',
      tarOf(manifestJson({ Config: 'config.json', Layers: ['/etc/passwd'] })),
      'ARCHIVE_UNSAFE',
    ],
    [
      'a layer that is missing',
      tarOf(manifestJson({ Config: 'config.json', Layers: ['b'] })),
      'IMAGE_DAMAGED',
    ],
    ['too few layers', tarOf(manifestJson({ Config: 'config.json', Layers: [] })), 'IMAGE_DAMAGED'],
    [
      'a name that is none',
      tarOf(manifestJson({ Config: 'config.json', RepoTags: ['-'], Layers: ['a/layer.tar'] })),
      'IMAGE_DAMAGED',
    ],
    [
      'another layer than the config says',
      tarOf({ ...DOCKER, 'a/layer.tar': otherLayer }),
      'DIGEST_MISMATCH',
    ],
    ['a blob of another digest', tarOf({ ...OCI, [blob(LAYER)]: otherLayer }), 'DIGEST_MISMATCH'],
    ['a blob that is missing', tarOf(without(OCI, blob(LAYER))), 'IMAGE_DAMAGED'],
    ['a manifest that is missing', tarOf(without(OCI, blob(MANIFEST))), 'IMAGE_DAMAGED'],
    [
      'another layout version',
      tarOf({ ...OCI, 'oci-layout': json({ imageLayoutVersion: '2.0.0' }) }),
      'IMAGE_DAMAGED',
    ],
    [
      'a size that lies',
      tarOf({
        ...OCI,
        'index.json': encodeIndex({ mediaType: MEDIA_TYPE.index, manifests: [{ ...TOP, size: 1 }] }),
      }),
      'IMAGE_DAMAGED',
    ],
    [
      'one name twice',
      members([{ path: 'config.json' }, CONFIG], [{ path: './config.json' }, json({})]),
      'ARCHIVE_INVALID',
    ],
    [
      'a damaged compressed layer',
      tarOf({ ...DOCKER, 'a/layer.tar': gzipSync(LAYER).subarray(0, 60) }),
      'ARCHIVE_INVALID',
    ],
    ['a layer that grows too large', tarOf({ ...DOCKER, 'a/layer.tar': bomb }), 'ARCHIVE_TOO_LARGE'],
    [
      'a huge document',
      tarOf({ ...DOCKER, 'manifest.json': Buffer.alloc(5 * 1024 * 1024, ' ') }),
      'IMAGE_DAMAGED',
    ],
    ['a huge size and no content', whole.subarray(0, 512), 'ARCHIVE_INVALID'],
    ['nothing of an image', tarOf({ 'etc/passwd': 'root' }), 'ARCHIVE_INVALID'],
    ['nothing at all', Buffer.alloc(0), 'ARCHIVE_INVALID'],
    ['no tar', Buffer.alloc(2048, 'x'), 'ARCHIVE_INVALID'],
  ])('%s', async (_what, archive, code) => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'there before');
    await place.store.images.tag(['app:1'], descriptor);
    const before = snapshot(place.root);
    const loading = place.store.importLayout(chunks(archive), { name: 'x.tar', maxLayerBytes: 1024 * 1024 });
    await expect(loading).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/x\.tar|blob sha256/) as string,
    });
    expect(snapshot(place.root)).toEqual(before);
    expect(leftInTmp(place.root)).toEqual([]);
    expect(existsSync(join(place.root, '..', 'outside'))).toBe(false);
  });

  test('cut off anywhere', async () => {
    await using place = await testStore();
    const { descriptor } = await putImage(place.store, 'there before');
    await place.store.images.tag(['app:1'], descriptor);
    const before = snapshot(place.root);
    const compressed = gzipSync(whole);
    // Without its end mark the archive is whole; before that, something is missing.
    for (let length = 0; length < whole.length - TAR_END.length; length += 97) {
      await expect(place.store.importLayout(chunks(whole.subarray(0, length)))).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:ARCHIVE_INVALID|IMAGE_DAMAGED)$/) as string,
      });
    }
    for (let length = 1; length < compressed.length; length += 13) {
      await expect(place.store.importLayout(chunks(compressed.subarray(0, length)))).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:ARCHIVE_INVALID|IMAGE_DAMAGED)$/) as string,
      });
    }
    expect(snapshot(place.root)).toEqual(before);
  });

  test('an interrupted load', async () => {
    await using place = await testStore();
    mkdirSync(place.root);
    const signal = AbortSignal.abort();
    await expect(place.store.importLayout(chunks(whole), { signal })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    expect(await place.store.images.list()).toEqual([]);
  });
});

async function saved(
  store: Store,
  names: readonly string[],
  type: 'docker-archive' | 'oci-archive',
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of store.exportLayout(names, { type })) parts.push(part);
  return Buffer.concat(parts);
}

async function untar(archive: Uint8Array): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { header, body } of readTar(chunks(archive))) {
    const parts: Buffer[] = [];
    for await (const part of body()) parts.push(part);
    files[header.path] = Buffer.concat(parts).toString();
  }
  return files;
}

function members(
  ...list: readonly (readonly [Partial<TarHeaderInput> & { readonly path: string }, Uint8Array?])[]
): Buffer {
  const parts = list.flatMap(([header, content = Buffer.alloc(0)]) => [
    encodeTarHeader({ type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, size: content.length, ...header }),
    content,
    tarPadding(content.length),
  ]);
  return Buffer.concat([...parts, TAR_END]);
}

/** A frame with one raw block (RFC 8878, 3.1.1): single segment, content size of four bytes. */
function zstdFrame(content: Uint8Array): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32LE(content.length, 5);
  header.writeUIntLE((content.length << 3) | 1, 9, 3);
  return Buffer.concat([header, content]);
}

function without<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}

function snapshot(root: string): unknown {
  return {
    index: readFileSync(join(root, 'index.json'), 'utf8'),
    blobs: readdirSync(join(root, 'blobs/sha256')).sort(),
  };
}

function leftInTmp(root: string): readonly string[] {
  const tmp = join(root, 'tmp');
  return readdirSync(tmp).flatMap((owner) => readdirSync(join(tmp, owner)));
}
