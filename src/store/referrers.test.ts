import { describe, expect, test } from 'vitest';
import type { Descriptor } from '../oci/descriptor.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import type { Store } from './store.ts';
import { putImage, testStore } from './testing.ts';

const SPDX = 'application/spdx+json';

async function putAbout(
  store: Store,
  subject: Descriptor,
  text: string,
  artifactType = SPDX,
): Promise<Descriptor> {
  const config = await store.blobs.putBytes(Buffer.from('{}'));
  const layer = await store.blobs.putBytes(Buffer.from(text));
  return store.referrers.put({
    mediaType: MEDIA_TYPE.manifest,
    artifactType,
    config: { mediaType: MEDIA_TYPE.empty, ...config },
    layers: [{ mediaType: artifactType, ...layer }],
    subject,
  });
}

const digests = (all: readonly Descriptor[]): readonly string[] => all.map(({ digest }) => digest);

describe('what is about an image', () => {
  test('is found by the image, and is no image itself', async () => {
    await using place = await testStore();
    const { store } = place;
    const [one, other] = [await putImage(store, 'one'), await putImage(store, 'other')];
    await store.images.tag(['one:1'], one.descriptor);
    const about = await putAbout(store, one.descriptor, 'bill');
    expect(await store.referrers.list(one.descriptor.digest)).toEqual([about]);
    expect(await store.referrers.list(other.descriptor.digest)).toEqual([]);
    expect((await store.images.list()).map(({ names }) => names)).toEqual([['one:1']]);
    expect(await store.images.find(about.digest)).toBeUndefined();
    const again = await place.again();
    expect(await again.referrers.list(one.descriptor.digest)).toEqual([about]);
  });

  test('is replaced by what is newer of the same type, and by nothing else', async () => {
    await using place = await testStore();
    const { store } = place;
    const { descriptor } = await putImage(store, 'one');
    const other = await putAbout(store, descriptor, 'other', 'application/vnd.cyclonedx+json');
    await putAbout(store, descriptor, 'old');
    const newer = await putAbout(store, descriptor, 'new');
    expect(await putAbout(store, descriptor, 'new')).toEqual(newer);
    expect(digests(await store.referrers.list(descriptor.digest)).toSorted()).toEqual(
      digests([newer, other]).toSorted(),
    );
  });

  test('stays as long as the image, whatever it is about', async () => {
    await using place = await testStore();
    const { store } = place;
    const { descriptor } = await putImage(store, 'one');
    await store.images.tag(['one:1'], descriptor);
    const bill = await putAbout(store, descriptor, 'bill');
    const signature = await putAbout(store, bill, 'signature', 'application/vnd.example.signature');
    const isThere = (): readonly boolean[] => [bill, signature].map(({ digest }) => store.blobs.has(digest));
    expect(await store.prune({ all: true })).toMatchObject({ images: 0, blobs: { count: 0 } });
    expect(isThere()).toEqual([true, true]);
    expect(await store.referrers.list(bill.digest)).toEqual([signature]);
    await store.removeImage('one:1');
    expect(isThere()).toEqual([false, false]);
    expect(await store.referrers.list(descriptor.digest)).toEqual([]);
  });

  test('goes with an image that had no name', async () => {
    await using place = await testStore();
    const { store } = place;
    const { descriptor } = await putImage(store, 'one');
    await store.images.tag([], descriptor);
    const bill = await putAbout(store, descriptor, 'bill');
    expect(await store.prune()).toMatchObject({ images: 1 });
    expect(store.blobs.has(bill.digest)).toBe(false);
  });
});
