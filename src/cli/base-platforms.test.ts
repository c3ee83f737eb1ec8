import { expect, test } from 'vitest';
import { parsePlatform } from '../oci/platform.ts';
import { imageDocuments, makeImage } from '../oci/image.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Store } from '../store/store.ts';
import { testStore } from '../store/testing.ts';
import { keepOtherPlatforms } from './base-platforms.ts';

const NAME = 'docker.io/library/base:1';

async function put(store: Store, architecture: string, text = ''): Promise<Descriptor> {
  const config = { Cmd: [text] };
  const documents = imageDocuments(makeImage({ architecture, os: 'linux', config }, []));
  await store.blobs.putBytes(documents.config);
  await store.blobs.putBytes(documents.manifest);
  return documents.manifestDescriptor;
}

async function compose(store: Store, architecture: string, text?: string): Promise<Descriptor> {
  const before = await store.images.find(NAME);
  const descriptor = await put(store, architecture, text);
  await store.images.tag([NAME], descriptor);
  if (before) await keepOtherPlatforms(store, NAME, before, parsePlatform(`linux/${architecture}`));
  return descriptor;
}

const loaded = async (store: Store, architecture: string): Promise<string> =>
  (await store.images.load(await store.images.get(NAME), parsePlatform(`linux/${architecture}`))).descriptor
    .digest;

test('a base for one platform does not take the place of that for another', async () => {
  await using bench = await testStore();
  const { store } = bench;
  const amd64 = await compose(store, 'amd64');
  expect((await store.images.get(NAME)).descriptor.digest).toBe(amd64.digest);
  const arm64 = await compose(store, 'arm64');
  expect(await loaded(store, 'amd64')).toBe(amd64.digest);
  expect(await loaded(store, 'arm64')).toBe(arm64.digest);
});

test('a newer one takes the place of that for its own platform, and images are listed once', async () => {
  await using bench = await testStore();
  const { store } = bench;
  await compose(store, 'amd64');
  const arm64 = await compose(store, 'arm64');
  const newer = await compose(store, 'amd64', 'newer');
  expect(await loaded(store, 'amd64')).toBe(newer.digest);
  expect(await loaded(store, 'arm64')).toBe(arm64.digest);
  expect(await store.images.list()).toHaveLength(1);
});
