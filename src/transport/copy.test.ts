/** Images between a registry in memory, a store, layouts and archives: the same digest wherever they arrive. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestHex } from '../oci/digest.ts';
import { putImage } from '../store/testing.ts';
import { openHarbour, putIndex } from './testing.ts';

const ARM = { os: 'linux', architecture: 'arm64' };

describe('an image for several platforms keeps its digest', () => {
  test.each([
    ['by way of registries', ['docker://HOST/a:1', 'docker://HOST/b:1', 'store:back']],
    ['by way of a layout', ['oci:DIR/layout:1', 'docker://HOST/a:1', 'oci:DIR/other']],
    ['by way of an archive', ['oci-archive:DIR/a.tar:1', 'docker://HOST/a:1', 'oci-archive:DIR/b.tar']],
    ['under a whole name', ['oci:DIR/layout:example.com/app:1', 'oci-archive:DIR/a.tar:app:2', 'store:back']],
  ])('%s', async (_, ways) => {
    await using harbour = await openHarbour();
    const { digest } = await putIndex(harbour.store, 'app');
    let at = 'store:app';
    for (const next of ways) {
      const copied = await harbour.copy(at, next);
      expect(copied).toMatchObject({ sourceDigest: digest, descriptor: { digest } });
      at = next;
    }
  });
});

describe('the image for one platform', () => {
  test('goes alone where it is asked for', async () => {
    await using harbour = await openHarbour();
    await putIndex(harbour.store, 'app');
    const { descriptor } = await putImage(harbour.store, 'for arm64');
    const copied = await harbour.copy('store:app', 'docker://HOST/app:arm', { platform: ARM });
    expect(copied.descriptor.digest).toBe(descriptor.digest);
    expect([...(harbour.registry.memory.repositories.get('app')?.manifests.keys() ?? [])]).toEqual([
      descriptor.digest,
    ]);
  });

  test('is what Docker is given, and comes back as the same image', async () => {
    await using harbour = await openHarbour();
    await putIndex(harbour.store, 'app');
    const out = await harbour.copy('store:app', 'docker-archive:DIR/app.tar:app:1', { platform: ARM });
    const back = await harbour.copy('docker-archive:DIR/app.tar:app:1', 'docker://HOST/app:1');
    expect(back.descriptor.digest).toBe(out.descriptor.digest);
    await expect(
      harbour.copy('store:app', 'docker-archive:DIR/app.tar', { platform: 'all' }),
    ).rejects.toMatchObject({
      code: 'USAGE',
      hint: expect.stringContaining('linux/amd64, linux/arm64') as string,
    });
  });

  test('may not be there', async () => {
    await using harbour = await openHarbour();
    await putIndex(harbour.store, 'app');
    const { descriptor } = await putImage(harbour.store, 'alone');
    await harbour.store.images.tag(['alone'], descriptor);
    for (const name of ['app', 'alone']) {
      await expect(
        harbour.copy(`store:${name}`, 'oci:DIR/out', { platform: { os: 'linux', architecture: 's390x' } }),
      ).rejects.toMatchObject({
        code: 'IMAGE_PLATFORM',
        hint: expect.stringContaining('linux/amd64') as string,
      });
    }
    expect(existsSync(join(harbour.folder, 'out'))).toBe(false);
  });
});

describe('a registry', () => {
  test('is sent no blob that it has, and takes over what its other repositories have', async () => {
    await using harbour = await openHarbour();
    await putIndex(harbour.store, 'app');
    const actions = async (from: string, to: string) =>
      (await harbour.copy(from, to)).blobs.map(({ action }) => action);
    expect(new Set(await actions('store:app', 'docker://HOST/a:1'))).toEqual(new Set(['copied']));
    const before = harbour.registry.requests.length;
    expect(new Set(await actions('docker://HOST/a:1', 'docker://HOST/b:1'))).toEqual(new Set(['mounted']));
    expect(new Set(await actions('docker://HOST/a:1', 'docker://HOST/a:2'))).toEqual(new Set(['present']));
    const blobsRead = harbour.registry.requests
      .slice(before)
      .filter((line) => /^GET .*\/blobs\/sha256/.test(line));
    expect(blobsRead).toEqual([]);
    expect(harbour.registry.memory.manifest('a', '2')).toEqual(harbour.registry.memory.manifest('b', '1'));
  });

  test('whose blob is not what its manifest says gets nowhere', async () => {
    await using harbour = await openHarbour();
    const { descriptor, image } = await putImage(harbour.store, 'x');
    await harbour.store.images.tag(['app'], descriptor);
    await harbour.copy('store:app', 'docker://HOST/a:1');
    const layer = image.layers[0]?.descriptor.digest ?? '';
    const { blobs } = harbour.registry.memory.repository('a');
    const bytes = Buffer.from(blobs.get(layer) ?? '');
    bytes[9] = (bytes[9] ?? 0) ^ 1;
    blobs.set(layer, bytes);
    for (const target of ['oci:DIR/out', 'oci-archive:DIR/out.tar']) {
      await expect(harbour.copy('docker://HOST/a:1', target)).rejects.toMatchObject({
        code: 'DIGEST_MISMATCH',
      });
    }
    expect(existsSync(join(harbour.folder, 'out/index.json'))).toBe(false);
    expect(existsSync(join(harbour.folder, 'out/blobs/sha256', digestHex(layer)))).toBe(false);
  });
});

describe('a layout', () => {
  test('keeps what it holds, and gives a tag to the latest', async () => {
    await using harbour = await openHarbour();
    const digests: string[] = [];
    for (const text of ['one', 'two']) {
      const { descriptor } = await putImage(harbour.store, text);
      await harbour.store.images.tag([text], descriptor);
      digests.push(descriptor.digest);
      await harbour.copy(`store:${text}`, `oci:DIR/layout:${text}`);
      await harbour.copy(`store:${text}`, 'oci:DIR/layout:latest');
    }
    const index = JSON.parse(readFileSync(join(harbour.folder, 'layout/index.json'), 'utf8')) as {
      manifests: { digest: string; annotations: Record<string, string> }[];
    };
    expect(
      index.manifests.map(({ digest, annotations }) => [
        annotations['org.opencontainers.image.ref.name'],
        digests.indexOf(digest),
      ]),
    ).toEqual([
      ['one', 0],
      ['two', 1],
      ['latest', 1],
    ]);
    await expect(harbour.copy('oci:DIR/layout', 'store:x')).rejects.toMatchObject({
      code: 'IMAGE_UNKNOWN',
      message: expect.stringContaining('holds 2 images') as string,
    });
    await expect(harbour.copy('oci:DIR/layout:three', 'store:x')).rejects.toMatchObject({
      hint: expect.stringContaining('one, two') as string,
    });
  });

  test('is not made of a folder that holds something else', async () => {
    await using harbour = await openHarbour();
    const { descriptor } = await putImage(harbour.store, 'x');
    await harbour.store.images.tag(['app'], descriptor);
    writeFileSync(join(harbour.folder, 'notes.txt'), 'mine');
    await expect(harbour.copy('store:app', 'oci:DIR')).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
    await expect(harbour.copy('store:app', 'oci:DIR/notes.txt')).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    });
  });
});

test('copying can be interrupted', async () => {
  await using harbour = await openHarbour();
  const { descriptor } = await putImage(harbour.store, 'x');
  await harbour.store.images.tag(['app'], descriptor);
  const signal = AbortSignal.abort();
  await expect(harbour.copy('store:app', 'oci:DIR/out', { signal })).rejects.toMatchObject({
    code: 'INTERRUPTED',
  });
});
