import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../codec/digest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { putImage, testStore } from './testing.ts';

const blob = (text: string) => ({ digest: sha256(text), size: text.length, mediaType: MEDIA_TYPE.layerGzip });

describe('where a blob is to be had', () => {
  test('is remembered, the latest place first, and not more than eight', async () => {
    await using place = await testStore();
    const { origins } = place.store;
    expect(origins.get(blob('a').digest)).toBeUndefined();
    for (let count = 0; count < 10; count += 1) await origins.add(blob('a'), `r.example/${count}`);
    await origins.add(blob('a'), 'r.example/5');
    const known = (await place.again()).origins.get(blob('a').digest);
    expect(known).toMatchObject(blob('a'));
    expect(known?.repositories).toEqual([5, 9, 8, 7, 6, 4, 3, 2].map((count) => `r.example/${count}`));
  });

  test('is not known where its record does not read', async () => {
    await using place = await testStore();
    const { origins } = place.store;
    const { digest } = blob('a');
    await origins.add(blob('a'), 'r.example/x');
    const path = join(place.root, 'origins', digest.slice(7, 9), digest.slice(9));
    for (const text of [
      '',
      '{',
      '{"digest":"x"}',
      JSON.stringify({ ...blob('b'), repositories: ['r.example/x'] }),
    ]) {
      writeFileSync(path, text);
      expect(origins.get(digest)).toBeUndefined();
    }
    await origins.add(blob('a'), 'r.example/y');
    expect(origins.get(digest)?.repositories).toEqual(['r.example/y']);
  });

  test('goes with the last image that needs it', async () => {
    await using place = await testStore();
    const { store } = place;
    const { descriptor, image } = await putImage(store, 'kept');
    const layer = image.layers[0]?.descriptor;
    if (!layer) throw new Error('the image has no layer');
    await store.images.tag(['kept'], descriptor);
    await store.origins.add(layer, 'r.example/x');
    await store.origins.add(blob('gone'), 'r.example/x');
    await store.blobs.remove(layer.digest);
    await store.prune({ all: true });
    expect(store.origins.get(layer.digest)?.repositories).toEqual(['r.example/x']);
    expect(store.origins.get(blob('gone').digest)).toBeUndefined();
    await store.removeImage('kept');
    expect(
      readdirSync(join(place.root, 'origins')).flatMap((shard) =>
        readdirSync(join(place.root, 'origins', shard)),
      ),
    ).toEqual([]);
  });
});
