/** `decant history` */
import { formatHistory, historyJson } from '../format/images.ts';
import type { HistoryRow } from '../format/images.ts';
import { imageFacts } from '../image-facts.ts';
import { print, textOptions } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(name: string, flags: { readonly format: 'text' | 'json' }): Promise<void> {
  await withStore(async (store) => {
    const { image, layers } = await imageFacts(store, await store.images.get(name));
    let index = 0;
    const rows = (image.config.history ?? []).map((entry): HistoryRow => {
      const layer = entry.empty_layer ? undefined : layers[index++];
      return {
        created: entry.created,
        createdBy: entry.created_by ?? '',
        comment: entry.comment,
        layer: layer && {
          digest: layer.descriptor.descriptor.digest,
          packedSize: layer.packedSize,
          unpackedSize: layer.unpackedSize,
        },
      };
    });
    rows.reverse();
    print(
      flags.format === 'json'
        ? historyJson(rows)
        : formatHistory(rows, { ...textOptions(), now: Date.now() }),
    );
  });
}
