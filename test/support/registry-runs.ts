/** A push and a pull through a proxy that does harm, chosen by a number, and what has to be true afterwards. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { sha256 } from '../../src/codec/digest.ts';
import { DecantError } from '../../src/errors.ts';
import type { Descriptor } from '../../src/oci/descriptor.ts';
import { imageDocuments, makeImage } from '../../src/oci/image.ts';
import { MEDIA_TYPE } from '../../src/oci/media-types.ts';
import { parseImageName, parseReference } from '../../src/oci/reference.ts';
import { pullImage } from '../../src/registry/pull.ts';
import { pushImage } from '../../src/registry/push.ts';
import { type Fault, FAULTS, serveFaults } from '../../src/registry/testing/faults.ts';
import { serveRegistry } from '../../src/registry/testing/serve.ts';
import { testSession } from '../../src/registry/testing/session.ts';
import type { Store } from '../../src/store/store.ts';
import { chunks, tarOf, testStore } from '../../src/store/testing.ts';

/** Numbers that look random and are the same for the same seed (xorshift32). */
export function randomFrom(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Stores an image of some layers, and gives its manifest's descriptor. */
export async function putLayers(
  store: Store,
  sizes: readonly number[],
  random: () => number,
): Promise<Descriptor> {
  const layers = [];
  for (const [index, size] of sizes.entries()) {
    const bytes = tarOf({ [`file-${index}`]: Buffer.alloc(size, Math.floor(random() * 256)) });
    const digest = sha256(bytes);
    await store.blobs.put(chunks(bytes), { digest, size: bytes.length });
    layers.push({ descriptor: { mediaType: MEDIA_TYPE.layer, digest, size: bytes.length }, diffId: digest });
  }
  const documents = imageDocuments(makeImage({ architecture: 'amd64', os: 'linux' }, layers));
  await store.blobs.putBytes(documents.config);
  await store.blobs.putBytes(documents.manifest);
  return documents.manifestDescriptor;
}

/** Every blob of a store has the digest that is its name. */
export function expectSoundBlobs(root: string): void {
  const folder = join(root, 'blobs/sha256');
  for (const name of readdirSync(folder))
    expect(sha256(readFileSync(join(folder, name)))).toBe(`sha256:${name}`);
}

const AUTHORIZATION = `Basic ${Buffer.from('user:secret word').toString('base64')}`;
const CODES = new Set(['NETWORK', 'REGISTRY_DENIED', 'IMAGE_UNKNOWN', 'DIGEST_MISMATCH', 'IMAGE_DAMAGED']);

export interface Outcome {
  readonly pushed: boolean;
  readonly pulled: boolean;
  /** What happened. */
  readonly faults: readonly Fault[];
}

/** One run. Throws what is not as it should be. */
export async function faultRun(seed: number): Promise<Outcome> {
  const random = randomFrom(seed);
  await using registry = await serveRegistry({
    referrers: random() < 0.5,
    before: (request, response) => {
      if (request.headers.authorization === AUTHORIZATION) return false;
      request.resume();
      response.writeHead(401, { 'www-authenticate': 'Basic realm="here"', 'content-length': 0 }).end();
      return true;
    },
  });
  const rate = random() * 0.3;
  const kinds: readonly Fault[] = FAULTS.filter(() => random() < 0.4);
  // A registry that is broken for good is as likely as one that stumbles.
  const most = random() < 0.3 ? Infinity : 1 + Math.floor(random() * 4);
  let count = 0;
  await using proxy = await serveFaults(registry.host, () => {
    if (kinds.length === 0 || count >= most || random() >= rate) return undefined;
    count += 1;
    return kinds[Math.floor(random() * kinds.length)];
  });
  await using session = testSession({
    // Waited for only where a connection may hang; long enough for a machine that is busy with other things.
    silence: kinds.includes('stall') ? 2000 : 120_000,
    credentials: {
      find: () => Promise.resolve({ type: 'password', username: 'user', password: 'secret word' }),
    },
  });
  await using source = await testStore();
  await using target = await testStore();
  const sizes = Array.from({ length: 1 + Math.floor(random() * 4) }, () =>
    Math.floor(random() ** 3 * 2_000_000),
  );
  const descriptor = await putLayers(source.store, sizes, random);
  const name = `${proxy.host}/team/app:1`;

  const pushed = await attempt(() =>
    pushImage({ store: source.store, session, descriptor, names: [parseImageName(name)], emit: () => {} }),
  );
  if (pushed) {
    const there = registry.memory.repositories.get('team/app');
    expect(there?.tags.get('1')).toBe(descriptor.digest);
    for (const [digest, bytes] of there?.blobs ?? []) expect(sha256(bytes)).toBe(digest);
  }
  const pulled = await attempt(() =>
    pullImage({
      store: target.store,
      session,
      reference: parseReference(name),
      layers: true,
      emit: () => {},
    }),
  );
  if (pulled) {
    const { image } = await target.store.images.load(await target.store.images.get(name));
    expect(image.layers.every((layer) => target.store.blobs.has(layer.descriptor.digest))).toBe(true);
  } else {
    expect(await target.store.images.find(name)).toBeUndefined();
  }
  expectSoundBlobs(source.root);
  expectSoundBlobs(target.root);
  expect(proxy.leaked).toEqual([]);
  return { pushed, pulled, faults: proxy.happened.map((line) => line.split(': ', 1)[0] as Fault) };
}

/** False after one clear error. */
async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    expect(CODES).toContain(error.code);
    expect(error.message).toMatch(/^[^\n]{10,400}$/);
    expect(error.message).not.toContain('secret');
    return false;
  }
}
