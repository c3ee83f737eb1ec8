/** `decant compare` */
import { compareJson, formatCompare } from '../format/compare.ts';
import type { ImageFigures } from '../format/compare.ts';
import { countFiles, imageFacts } from '../image-facts.ts';
import { print, textOptions } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(
  first: string,
  second: string,
  flags: { readonly format: 'text' | 'json' },
): Promise<void> {
  await withStore(async (store) => {
    const figuresOf = async (name: string): Promise<ImageFigures> => {
      const facts = await imageFacts(store, await store.images.get(name));
      const { packedSize, unpackedSize, descriptor, layers } = facts;
      return {
        name,
        digest: descriptor.digest,
        packedSize,
        unpackedSize,
        files: await countFiles(store, facts),
        layers: layers.length,
      };
    };
    const figures = [await figuresOf(first), await figuresOf(second)] as const;
    print(flags.format === 'json' ? compareJson(...figures) : formatCompare(...figures, textOptions()));
  });
}
