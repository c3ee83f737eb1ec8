/** `decant images` */
import { formatPlatform } from '../../oci/platform.ts';
import { imagePlatform } from '../../oci/image.ts';
import { formatImages, imagesJson } from '../format/images.ts';
import type { ImageRow } from '../format/images.ts';
import { imageFacts } from '../image-facts.ts';
import { print, printError, textOptions } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(flags: {
  readonly format: 'text' | 'json';
  readonly quiet?: boolean;
}): Promise<number> {
  let status = 0;
  await withStore(async (store) => {
    const rows: ImageRow[] = [];
    for (const stored of await store.images.list()) {
      try {
        const { image, id, names, packedSize, unpackedSize } = await imageFacts(store, stored);
        const row = {
          id,
          digest: stored.descriptor.digest,
          platform: formatPlatform(imagePlatform(image.config)),
          created: image.config.created,
          packedSize,
          unpackedSize,
        };
        for (const name of names.length > 0 ? names : [undefined]) rows.push({ name, ...row });
      } catch (error) {
        // One damaged image does not hide the others.
        printError(error);
        status = 3;
      }
    }
    if (flags.quiet) print([...new Set(rows.map((row) => row.id))].join('\n'));
    else
      print(
        flags.format === 'json'
          ? imagesJson(rows)
          : formatImages(rows, { ...textOptions(), now: Date.now() }),
      );
  });
  return status;
}
