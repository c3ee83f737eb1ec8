/** Facts about stored images that several commands show. */
import { blobEntries, blobSize } from '../store/layer-entries.ts';
import { sizeOf } from '../tree/size.ts';
import type { LayerDescriptor } from '../oci/image.ts';
import type { LoadedImage, StoredImage } from '../store/images.ts';
import type { Store } from '../store/store.ts';
import type { Layer } from '../tree/entry.ts';
import { stack, walk } from '../tree/tree.ts';

export interface LayerFacts {
  readonly descriptor: LayerDescriptor;
  readonly packedSize: number;
  readonly unpackedSize: number;
}

export interface ImageFacts extends LoadedImage {
  readonly names: readonly string[];
  readonly layers: readonly LayerFacts[];
  readonly packedSize: number;
  readonly unpackedSize: number;
}

export async function imageFacts(store: Store, stored: StoredImage): Promise<ImageFacts> {
  const loaded = await store.images.loadAny(stored);
  const layers: LayerFacts[] = [];
  for (const descriptor of loaded.image.layers) {
    layers.push({
      descriptor,
      packedSize: descriptor.descriptor.size,
      unpackedSize: await unpackedSize(store, descriptor),
    });
  }
  const sum = (of: 'packedSize' | 'unpackedSize'): number =>
    layers.reduce((total, layer) => total + layer[of], 0);
  return {
    ...loaded,
    names: stored.names,
    layers,
    packedSize: sum('packedSize'),
    unpackedSize: sum('unpackedSize'),
  };
}

async function unpackedSize(store: Store, layer: LayerDescriptor): Promise<number> {
  return blobSize(store, layer.descriptor.digest) ?? sizeOf(await blobEntries(store, layer));
}

/** Entries of the whole tree that are not directories. */
export async function countFiles(store: Store, facts: ImageFacts): Promise<number> {
  const layers: Layer[] = [];
  for (const layer of facts.image.layers) layers.push(await blobEntries(store, layer));
  let count = 0;
  for (const node of walk(stack(layers))) if (node.type !== 'directory') count += 1;
  return count;
}
