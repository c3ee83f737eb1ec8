/**
 * Which packages of a base will be wanted unpacked: those of which no layer was packed yet. To know that for certain takes
 * the merged tree, but processes unpack while that is made. So what is kept here decides nothing: a level that is wrongly
 * taken for packed, or for not packed, costs time.
 */
import type { Deb } from '../debian/deb/deb.ts';
import { keepRecord } from '../store/layer-entries.ts';
import type { LayerDescriptor } from '../oci/image.ts';
import type { Store } from '../store/store.ts';
import type { Level } from './levels.ts';

const KIND = 'base-level';

export interface PackedLevels {
  /** Packages of the levels that are not packed, as far as no packed one has them. */
  readonly unpacked: () => readonly Deb[];
  /** Remembers that all levels are packed now, in these layers. */
  readonly keep: (layers: readonly LayerDescriptor[]) => Promise<void>;
}

/** @param digests Of the packages. @param settings What else a layer depends on. */
export function packedLevels(
  store: Store,
  levels: readonly Level[],
  digests: ReadonlyMap<Deb, string>,
  settings: readonly unknown[],
): PackedLevels {
  const keys = levels.map(({ recipe, debs }) =>
    JSON.stringify([recipe.name, recipe.leaveOut, settings, debs.map((deb) => digests.get(deb))]),
  );
  const isPacked = (key: string): boolean => {
    const blobs = store.cache.getSync(KIND, key);
    return (
      Array.isArray(blobs) &&
      blobs.every((blob) => typeof blob === 'string' && store.blobs.stat(blob) !== undefined)
    );
  };
  return {
    unpacked() {
      const [packed, others] = [new Set<Deb>(), new Set<Deb>()];
      for (const [index, { debs }] of levels.entries()) {
        const kind = isPacked(keys[index] ?? '') ? packed : others;
        for (const deb of debs) if (!packed.has(deb)) kind.add(deb);
      }
      return [...others].filter((deb) => !packed.has(deb));
    },
    async keep(layers) {
      const blobs = layers.map(({ descriptor }) => descriptor.digest);
      for (const key of keys) if (!isPacked(key)) await keepRecord(store, KIND, key, blobs, { blobs });
    },
  };
}
