/**
 * A layer that may not exist yet. Whoever needs its entries, its directory or its blob asks for just that; nothing is
 * run, unpacked or packed for its own sake.
 */
import type { CachedStep } from '../../oci/build-cache.ts';
import type { ImageConfig } from '../../oci/config.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import type { Layer } from '../../tree/entry.ts';
import type { Tree } from '../../tree/tree.ts';
import { stack } from '../../tree/tree.ts';
import { all } from './memo.ts';

export interface LayerHandle {
  /** Identifies the layer for the cache. */
  readonly key: string;
  readonly entries: () => Promise<Layer>;
  /** Id of an unpacked copy in the store, for overlayfs; undefined when the layer is empty. */
  readonly directory: () => Promise<string | undefined>;
  /** The blob; undefined when the layer is empty. */
  readonly packed: () => Promise<LayerDescriptor | undefined>;
  /** The image's config where the layer's bytes were left in a registry, so that asking for its files fetches them. */
  readonly leftOf?: () => ImageConfig | undefined;
  /**
   * For a cache that is exported: what a step has made, now or before; undefined where that is not known without doing it.
   * Absent for layers that no step makes.
   */
  readonly step?: () => Promise<CachedStep | undefined>;
  /** Bytes of its files, where that is known without any work. */
  readonly knownSize: () => number | undefined;
}

/** Layers, lowest first, as one tree. */
export async function treeOf(layers: readonly LayerHandle[]): Promise<Tree> {
  return stack(await all(layers.map((layer) => layer.entries())));
}
