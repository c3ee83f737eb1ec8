/** `decant history` */
import type { ImageView } from '../../inspect/image/image-view.ts';
import type { Step } from '../../inspect/image/steps.ts';
import { formatHistory, historyJson } from '../format/images.ts';
import type { HistoryRow } from '../format/images.ts';
import { withImage } from '../image-input.ts';
import { print, textOptions } from '../io.ts';

interface Flags {
  readonly platform?: string;
  readonly format: 'text' | 'json';
}

export async function command(name: string, flags: Flags): Promise<void> {
  await withImage(name, flags.platform, async (image) => {
    const rows: HistoryRow[] = [];
    for (const step of image.steps) rows.unshift(await rowOf(image, step));
    print(
      flags.format === 'json'
        ? historyJson(rows)
        : formatHistory(rows, { ...textOptions(), now: Date.now() }),
    );
  });
}

/** A layer that is still in a registry is not fetched for its size. */
async function rowOf({ layers }: ImageView, step: Step): Promise<HistoryRow> {
  const { created, createdBy, instruction, comment } = step;
  const layer = step.layer === undefined ? undefined : layers[step.layer];
  return {
    created,
    createdBy,
    instruction,
    comment,
    layer: layer && {
      digest: layer.descriptor.digest,
      packedSize: layer.descriptor.size,
      unpackedSize: layer.isHere() ? await layer.size() : null,
    },
  };
}
