// What other tools make of the store and of what is saved from it, and decant of what they write.
import { execFile } from 'node:child_process';
import { createReadStream, createWriteStream, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { sha256 } from '../../src/codec/digest.ts';
import { gzip } from '../../src/codec/gzip/gzip.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { imageDocuments, type LayerDescriptor, makeImage } from '../../src/oci/image.ts';
import { MEDIA_TYPE } from '../../src/oci/media-types.ts';
import { removeTree } from '../../src/store/remove-tree.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { chunks, tarOf } from '../../src/store/testing.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
let folder: string;
let store: Store;
let id: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'decant-interop-'));
  store = await openStore(join(folder, 'store'));
  const descriptor = await twoLayers(store);
  await store.images.tag(['tools:1', 'localhost:5000/me/app:v2'], descriptor);
  id = (await store.images.load(await store.images.get('tools:1'), AMD64)).id;
});

afterAll(async () => {
  await removeTree(folder);
});

describe('the store as it stands', () => {
  test.each(['tools:1', 'localhost:5000/me/app:v2'])('skopeo inspects %s', async (name) => {
    const inspected = JSON.parse(await run('skopeo', 'inspect', `oci:${store.root}:${name}`)) as Record<
      string,
      unknown
    >;
    expect(inspected).toMatchObject({
      Architecture: 'amd64',
      Os: 'linux',
      Labels: { 'org.example.label': 'x' },
      Env: ['PATH=/bin'],
      Digest: (await store.images.get(name)).descriptor.digest,
    });
    expect(inspected['Layers']).toHaveLength(2);
  });

  test('skopeo copies an image out of it, and decant takes it in again with the same id', async () => {
    await run(
      'skopeo',
      'copy',
      '--insecure-policy',
      `oci:${store.root}:tools:1`,
      `docker-archive:${folder}/skopeo.tar:tools:copied`,
    );
    const other = await openStore(join(folder, 'from-docker-archive'));
    expect(await load(other, `${folder}/skopeo.tar`)).toMatchObject([{ names: ['tools:copied'] }]);
    expect((await other.images.load(await other.images.get('tools:copied'), AMD64)).id).toBe(id);

    await run(
      'skopeo',
      'copy',
      '--insecure-policy',
      `oci:${store.root}:tools:1`,
      `oci-archive:${folder}/skopeo-oci.tar:tools:oci`,
    );
    expect(await load(other, `${folder}/skopeo-oci.tar`)).toMatchObject([{ names: ['tools:oci'] }]);
    expect((await other.images.load(await other.images.get('tools:oci'), AMD64)).id).toBe(id);
  });

  test('skopeo copies an image into it', async () => {
    const other = await openStore(join(folder, 'written-by-skopeo'));
    await other.blobs.putBytes(Buffer.from('a store'));
    await run(
      'skopeo',
      'copy',
      '--insecure-policy',
      `oci:${store.root}:tools:1`,
      `oci:${other.root}:tools:2`,
    );
    expect((await other.images.load(await other.images.get('tools:2'), AMD64)).id).toBe(id);
    // Other tools' entries survive when decant writes its own.
    await other.images.tag(['mine'], (await other.images.get('tools:2')).descriptor);
    expect((await other.images.get('mine')).names).toEqual(['mine:latest', 'tools:2']);
  });
});

describe.each(['docker-archive', 'oci-archive'] as const)('a saved %s', (type) => {
  const path = (): string => join(folder, `${type}.tar`);
  beforeAll(async () => {
    await pipeline(
      store.exportLayout(['tools:1', 'localhost:5000/me/app:v2'], { type }),
      createWriteStream(path()),
    );
  });

  test('is read by skopeo', async () => {
    const inspected = JSON.parse(await run('skopeo', 'inspect', `${type}:${path()}:tools:1`)) as Record<
      string,
      unknown
    >;
    expect(inspected).toMatchObject({ Labels: { 'org.example.label': 'x' } });
    const config = await run('skopeo', 'inspect', '--config', '--raw', `${type}:${path()}:tools:1`);
    expect(sha256(config)).toBe(id);
  });

  test('is loaded by podman', async () => {
    const podman = (...args: readonly string[]): Promise<string> =>
      run(
        'podman',
        '--root',
        join(folder, `${type}-podman`),
        '--runroot',
        join(folder, `${type}-run`),
        '--storage-driver',
        'vfs',
        ...args,
      );
    // podman does not load an oci-archive with more than one name ("more than one image in oci, choose an image").
    const single = join(folder, `${type}-single.tar`);
    await pipeline(store.exportLayout(['tools:1'], { type }), createWriteStream(single));
    await podman('load', '-i', type === 'oci-archive' ? single : path());
    const ids = (await podman('images', '--no-trunc', '--format', '{{.Id}}')).trim().split('\n');
    expect(new Set(ids)).toEqual(new Set([id.slice('sha256:'.length)]));
    await podman(
      'save',
      '--format',
      'docker-archive',
      '-o',
      join(folder, `${type}-saved.tar`),
      id.slice('sha256:'.length),
    );
    const other = await openStore(join(folder, `${type}-from-podman`));
    const [image] = await load(other, join(folder, `${type}-saved.tar`));
    expect((await other.images.load(await other.images.get(image?.descriptor.digest ?? ''), AMD64)).id).toBe(
      id,
    );
  });
});

/** One layer compressed, the other not. */
async function twoLayers(into: Store): Promise<Descriptor> {
  const plain = tarOf({ 'etc/motd': 'hello\n' });
  const plainBlob = await into.blobs.put(chunks(plain));
  const other = tarOf({ 'usr/share/data': Buffer.alloc(100_000, 'data') });
  const gzipped = await into.blobs.put(gzip(chunks(other)));
  const layers: LayerDescriptor[] = [
    { descriptor: { mediaType: MEDIA_TYPE.layer, ...plainBlob }, diffId: plainBlob.digest },
    { descriptor: { mediaType: MEDIA_TYPE.layerGzip, ...gzipped }, diffId: sha256(other) },
  ];
  const config = { Env: ['PATH=/bin'], Cmd: ['/bin/true'], Labels: { 'org.example.label': 'x' } };
  const documents = imageDocuments(makeImage({ ...AMD64, config }, layers));
  await into.blobs.putBytes(documents.config);
  await into.blobs.putBytes(documents.manifest);
  return documents.manifestDescriptor;
}

function load(into: Store, path: string): ReturnType<Store['importLayout']> {
  return into.importLayout(createReadStream(path) as AsyncIterable<Buffer>, { name: path });
}

function run(program: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(' ')}: ${stderr || error.message}`));
      else resolve(stdout);
    });
  });
}
