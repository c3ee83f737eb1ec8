/** Images between a store and a registry in memory. */
import { describe, expect, test } from 'vitest';
import { sha256 } from '../codec/digest.ts';
import { encodeIndex, encodeManifest } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { parseImageName, parseReference } from '../oci/reference.ts';
import { openStore, type Store } from '../store/store.ts';
import { putImage, testStore } from '../store/testing.ts';
import { supplyFrom } from './fetch-blob.ts';
import { listReferrers } from './protocol/referrers.ts';
import { pullImage } from './pull.ts';
import { pushImage } from './push.ts';
import { serveRegistry } from './testing/serve.ts';
import { testSession } from './testing/session.ts';

const emit = (): void => {};

/** An image for two platforms. */
async function putIndex(store: Store): Promise<Descriptor> {
  const platforms = ['amd64', 'arm64'];
  const manifests: Descriptor[] = [];
  for (const architecture of platforms) {
    const { descriptor } = await putImage(store, `for ${architecture}`);
    manifests.push({ ...descriptor, platform: { os: 'linux', architecture } });
  }
  const { digest, size } = await store.blobs.putBytes(
    encodeIndex({ mediaType: MEDIA_TYPE.index, manifests }),
  );
  return { mediaType: MEDIA_TYPE.index, digest, size };
}

describe('an image for several platforms', () => {
  test('goes whole, comes for one platform, and goes on whole from there', async () => {
    await using registry = await serveRegistry();
    await using session = testSession();
    await using source = await testStore();
    const descriptor = await putIndex(source.store);
    const names = ['app:1', 'app:2', 'copy:1'].map((name) => parseImageName(`${registry.host}/${name}`));
    const pushed = await pushImage({ store: source.store, session, descriptor, names, emit });
    expect(pushed.map(({ names, blobs }) => [names.length, blobs.map(({ action }) => action)])).toEqual([
      [2, ['uploaded', 'uploaded', 'uploaded', 'uploaded'].slice(0, pushed[0]?.blobs.length)],
      [1, pushed[0]?.blobs.map(() => 'mounted')],
    ]);
    expect(registry.memory.manifest('app', '2')?.digest).toBe(descriptor.digest);

    await using target = await testStore();
    const store = await openStore(target.root, { supply: supplyFrom(session, emit) });
    const reference = parseReference(`${registry.host}/app:1`);
    const pulled = await pullImage({
      store,
      session,
      reference,
      platform: { os: 'linux', architecture: 'arm64' },
      layers: true,
      emit,
    });
    expect(pulled).toMatchObject({
      descriptor: { digest: descriptor.digest },
      layers: { fetched: 1, left: 0 },
    });
    const stored = await store.images.get(`${registry.host}/app:1`);
    await expect(store.images.load(stored, { os: 'linux', architecture: 'amd64' })).rejects.toMatchObject({
      code: 'IMAGE_PLATFORM',
    });
    // The rest is had from where it was left, and only what is needed.
    const [again] = await pushImage({
      store,
      session,
      descriptor,
      names: [parseImageName(`${registry.host}/third`)],
      emit,
    });
    expect(again?.blobs.every(({ action }) => action === 'mounted')).toBe(true);
    expect(registry.memory.manifest('third', 'latest')?.digest).toBe(descriptor.digest);
    await store.close();
  });

  test('is not there for every platform', async () => {
    await using registry = await serveRegistry();
    await using session = testSession();
    await using place = await testStore();
    const { store } = place;
    const descriptor = await putIndex(store);
    await pushImage({ store, session, descriptor, names: [parseImageName(`${registry.host}/app`)], emit });
    const platform = { os: 'linux', architecture: 's390x' };
    const reference = parseReference(`${registry.host}/app`);
    await expect(
      pullImage({ store, session, reference, platform, layers: true, emit }),
    ).rejects.toMatchObject({ code: 'IMAGE_PLATFORM', hint: 'it is there for linux/amd64, linux/arm64' });
  });
});

describe('layers', () => {
  const foreign = async (mediaType: string) => {
    const registry = await serveRegistry();
    const layer = { mediaType, digest: sha256('x'), size: 1, urls: ['https://maker.example/x'] };
    const config = Buffer.from(
      JSON.stringify({
        architecture: 'amd64',
        os: 'linux',
        rootfs: { type: 'layers', diff_ids: [layer.digest] },
      }),
    );
    const blobs = registry.memory.repository('windows').blobs;
    blobs.set(sha256(config), config);
    blobs.set(layer.digest, Buffer.from('x'));
    const manifest = encodeManifest({
      mediaType: MEDIA_TYPE.dockerManifest,
      config: { mediaType: MEDIA_TYPE.dockerConfig, digest: sha256(config), size: config.length },
      layers: [layer],
    });
    registry.memory.putManifest('windows', '1', {
      bytes: Buffer.from(manifest),
      mediaType: MEDIA_TYPE.dockerManifest,
    });
    return registry;
  };

  test('that only their maker may give are refused', async () => {
    await using registry = await foreign('application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
    await using session = testSession();
    await using place = await testStore();
    const reference = parseReference(`${registry.host}/windows:1`);
    await expect(
      pullImage({ store: place.store, session, reference, layers: false, emit }),
    ).rejects.toMatchObject({ code: 'LAYER_FOREIGN' });
    expect(await place.store.images.list()).toEqual([]);
  });

  test('that were left are fetched once for all who read them, and an error without a way to them', async () => {
    await using registry = await serveRegistry();
    await using session = testSession();
    await using source = await testStore();
    const { descriptor, image } = await putImage(source.store, 'lazy');
    const name = `${registry.host}/app:1`;
    await pushImage({ store: source.store, session, descriptor, names: [parseImageName(name)], emit });
    await using target = await testStore();
    const pulled = await pullImage({
      store: target.store,
      session,
      reference: parseReference(name),
      layers: false,
      emit,
    });
    expect(pulled.layers).toEqual({ fetched: 0, present: 0, left: 1 });
    const digest = image.layers[0]?.descriptor.digest ?? '';
    await expect(target.store.blobs.ensure(digest)).rejects.toMatchObject({
      code: 'OFFLINE',
      message: new RegExp(registry.host),
    });
    const online = await openStore(target.root, { supply: supplyFrom(session, emit) });
    const count = () => registry.requests.filter((line) => line === `GET /v2/app/blobs/${digest}`).length;
    await Promise.all([
      online.blobs.ensure(digest),
      online.blobs.ensure(digest),
      online.blobs.readBytes(digest, 1e6),
    ]);
    expect(count()).toBe(1);
    await online.close();
  });
});

describe.each([true, false])(
  'what the store has about an image, with a registry that lists it (%s)',
  (referrers) => {
    test('goes along, once', async () => {
      await using registry = await serveRegistry({ referrers });
      await using session = testSession();
      await using place = await testStore();
      const { store } = place;
      const { descriptor: subject } = await putImage(store, 'with a bill');
      const artifactType = 'application/spdx+json';
      const about = await store.referrers.put({
        mediaType: MEDIA_TYPE.manifest,
        artifactType,
        config: { mediaType: MEDIA_TYPE.empty, ...(await store.blobs.putBytes(Buffer.from('{}'))) },
        layers: [{ mediaType: artifactType, ...(await store.blobs.putBytes(Buffer.from('the bill'))) }],
        subject,
      });
      const push = async (dryRun = false) => {
        const names = [parseImageName(`${registry.host}/app:1`)];
        const [pushed] = await pushImage({ store, session, descriptor: subject, names, dryRun, emit });
        return pushed?.referrers;
      };
      const entry = { digest: about.digest, artifactType };
      expect(await push(true)).toEqual([{ ...entry, action: 'uploaded' }]);
      expect(registry.memory.repository('app').tags.size).toBe(0);
      expect(await push()).toEqual([{ ...entry, action: 'uploaded' }]);
      const repository = { domain: registry.host, path: 'app' };
      expect(await listReferrers(session, repository, subject.digest)).toMatchObject([entry]);
      expect(registry.memory.repository('app').blobs.has(sha256('the bill'))).toBe(true);
      expect(await push()).toEqual([{ ...entry, action: 'present' }]);
    });
  },
);

describe.each([true, false])('what is about an image, with a registry that lists it (%s)', (referrers) => {
  test('is found', async () => {
    await using registry = await serveRegistry({ referrers });
    await using session = testSession();
    await using place = await testStore();
    const { store } = place;
    const { descriptor: subject } = await putImage(store, 'signed');
    const repository = { domain: registry.host, path: 'app' };
    const names = [parseImageName(`${registry.host}/app:1`)];
    await pushImage({ store, session, descriptor: subject, names, emit });
    const types = ['application/vnd.example.signature', 'application/vnd.example.sbom'];
    for (const artifactType of types) {
      const config = await store.blobs.putBytes(Buffer.from('{}'));
      const bytes = encodeManifest({
        mediaType: MEDIA_TYPE.manifest,
        artifactType,
        config: { mediaType: 'application/vnd.oci.empty.v1+json', ...config },
        layers: [],
        subject,
      });
      const about = { mediaType: MEDIA_TYPE.manifest, ...(await store.blobs.putBytes(bytes)) };
      await pushImage({
        store,
        session,
        descriptor: about,
        names: [parseImageName(`${registry.host}/app:${sha256(artifactType).slice(7, 15)}`)],
        emit,
      });
    }
    const all = await listReferrers(session, repository, subject.digest);
    expect(all.map(({ artifactType }) => artifactType)).toEqual(types);
    expect(await listReferrers(session, repository, subject.digest, types[1])).toHaveLength(1);
    expect(registry.memory.repository('app').tags.has(subject.digest.replace(':', '-'))).toBe(!referrers);
  });
});
