/** What the tests of this room share: a store, a registry in memory, a folder, and all the means to copy between them. */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Descriptor } from '../oci/descriptor.ts';
import { encodeIndex } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { serveRegistry, type TestRegistry } from '../registry/testing/serve.ts';
import { testSession } from '../registry/testing/session.ts';
import type { Store } from '../store/store.ts';
import { putImage, testStore } from '../store/testing.ts';
import { copyImage, type Copied } from './copy.ts';
import type { Means } from './image.ts';
import { parseLocation } from './location.ts';

export interface Harbour extends AsyncDisposable {
  readonly means: Means;
  readonly store: Store;
  readonly registry: TestRegistry;
  readonly folder: string;
  /** Copies between places; `HOST` stands for the registry, `DIR` for the folder. */
  readonly copy: (from: string, to: string, options?: object) => Promise<Copied>;
  readonly location: (text: string) => ReturnType<typeof parseLocation>;
}

export async function openHarbour(environment: Means['environment'] = {}): Promise<Harbour> {
  const registry = await serveRegistry();
  const session = testSession();
  const place = await testStore();
  const folder = mkdtempSync(join(tmpdir(), 'decant-transport-'));
  const means: Means = {
    store: place.store,
    session: () => Promise.resolve(session),
    writeFile: (path, bytes) => writeFile(path, bytes),
    readFile: (path) => Promise.resolve(createReadStream(path) as AsyncIterable<Buffer>),
    environment,
    emit: () => {},
  };
  const location: Harbour['location'] = (text) =>
    parseLocation(text.replace('HOST', registry.host).replace('DIR', folder));
  return {
    means,
    store: place.store,
    registry,
    folder,
    location,
    copy: (from, to, options = {}) =>
      copyImage({ ...means, source: location(from), target: location(to), ...options }),
    [Symbol.asyncDispose]: async () => {
      await session.close();
      await registry.close();
      await place[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An image for amd64 and one called so for arm64, under one index, in the store under this name. */
export async function putIndex(store: Store, name: string): Promise<Descriptor> {
  const manifests: Descriptor[] = [];
  for (const architecture of ['amd64', 'arm64']) {
    const { descriptor } = await putImage(store, `for ${architecture}`);
    manifests.push({ ...descriptor, platform: { os: 'linux', architecture } });
  }
  const { digest, size } = await store.blobs.putBytes(
    encodeIndex({ mediaType: MEDIA_TYPE.index, manifests }),
  );
  const descriptor = { mediaType: MEDIA_TYPE.index, digest, size };
  await store.images.tag([name], descriptor);
  return descriptor;
}
