import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { putImage } from '../store/testing.ts';
import { measurePull } from './measure.ts';
import { openImage } from './open-image.ts';
import { openHarbour } from './testing.ts';

describe('pulling from a registry on this machine', () => {
  test.each(['store:app', 'docker://HOST/app:1', 'oci:DIR/layout:1', 'docker-archive:DIR/app.tar:app:1'])(
    'is measured for %s, and leaves nothing behind',
    async (place) => {
      await using harbour = await openHarbour();
      const { descriptor } = await putImage(harbour.store, 'x'.repeat(100_000));
      await harbour.store.images.tag(['app'], descriptor);
      if (place !== 'store:app') await harbour.copy('store:app', place);
      const text = place.replace('HOST', harbour.registry.host).replace('DIR', harbour.folder);
      const image = await openImage(text, harbour.means);
      const measured = await measurePull(image, harbour.means);
      expect(measured.pullSeconds).toBeGreaterThan(0);
      expect(measured.pullSeconds).toBeLessThan(60);
      expect(measured.unpackSeconds).toBeGreaterThan(0);
      await image.close();
      await harbour.store.close();
      expect(readdirSync(join(harbour.store.root, 'tmp'))).toEqual([]);
      expect(await harbour.store.images.list()).toHaveLength(1);
    },
  );
});
