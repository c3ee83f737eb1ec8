/** Images for several platforms, made of images for one. */
import { expect, test } from 'vitest';
import { decodeIndex } from '../oci/manifest.ts';
import { putImage } from '../store/testing.ts';
import { createIndex } from './create-index.ts';
import { type Harbour, openHarbour, putIndex } from './testing.ts';

const create = (harbour: Harbour, target: string, sources: readonly string[], options: object = {}) =>
  createIndex({
    ...harbour.means,
    target: harbour.location(target),
    sources: sources.map(harbour.location),
    ...options,
  });

const platform = (architecture: string) => ({ os: 'linux', architecture });

test('an index names images of several places, each once', async () => {
  await using harbour = await openHarbour();
  await putIndex(harbour.store, 'two');
  await harbour.copy('store:two', 'oci:DIR/two');
  await harbour.copy('store:two', 'docker://HOST/two:amd64', { platform: platform('amd64') });
  await create(harbour, 'docker://HOST/app:1', ['docker://HOST/two:amd64', 'oci:DIR/two'], {
    annotations: { 'org.example': 'yes' },
  });
  const stored = harbour.registry.memory.manifest('app', '1');
  const index = decodeIndex(stored?.bytes ?? Buffer.alloc(0));
  expect(index.annotations).toEqual({ 'org.example': 'yes' });
  expect(index.manifests.map((each) => each.platform)).toEqual([platform('amd64'), platform('arm64')]);
});

test('which of two images for one platform is meant has to be said', async () => {
  await using harbour = await openHarbour();
  const { descriptor } = await putImage(harbour.store, 'other');
  await harbour.store.images.tag(['one'], descriptor);
  await putIndex(harbour.store, 'two');
  await expect(create(harbour, 'store:both', ['store:one', 'store:two'])).rejects.toMatchObject({
    code: 'USAGE',
    message: 'one and two are both for platform linux/amd64',
  });
});

test('only the platforms asked for come along', async () => {
  await using harbour = await openHarbour();
  await putIndex(harbour.store, 'two');
  const { manifests } = await create(harbour, 'store:arm', ['store:two'], { platforms: [platform('arm64')] });
  expect(manifests.map((each) => each.platform)).toEqual([platform('arm64')]);
  await expect(
    create(harbour, 'store:x', ['store:two'], { platforms: [platform('s390x')] }),
  ).rejects.toMatchObject({ code: 'IMAGE_PLATFORM' });
});

test('what Docker is given is one image', async () => {
  await using harbour = await openHarbour();
  await expect(create(harbour, 'docker-archive:DIR/a.tar', ['store:two'])).rejects.toMatchObject({
    code: 'USAGE',
  });
});
