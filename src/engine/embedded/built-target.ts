/** What was built for one platform: its image, packed when somebody asks for it, and the layers it is made of. */
import { restGzip } from '../../codec/gzip/gzip.ts';
import type { HistoryEntry, ImageConfig } from '../../oci/config.ts';
import { makeImage } from '../../oci/image.ts';
import type { Image } from '../../oci/image.ts';
import type { Platform } from '../../oci/platform.ts';
import type { PlannedTarget } from '../../plan/join-plans.ts';
import type { Layer } from '../../tree/entry.ts';
import { sizeOf } from '../../tree/size.ts';
import { all, once } from './memo.ts';
import type { PackSession } from './pack-layer.ts';
import { recompress } from './recompress.ts';
import type { State } from './state.ts';

export interface BuiltTarget {
  readonly platform: Platform;
  readonly planned: PlannedTarget;
  /** The image, its layers packed into the store. */
  readonly image: () => Promise<Image>;
  /** The target's layers, lowest first, and how to read their files. */
  readonly layers: () => Promise<readonly Layer[]>;
  /**
   * Bytes of the files in all its layers; looked up where a cached build did not come across them. Undefined where
   * layers were left in a registry.
   */
  readonly unpackedSize: () => Promise<number | undefined>;
}

export function builtTarget(
  target: PlannedTarget,
  state: State,
  session: PackSession & { readonly forceCompression?: boolean | undefined },
): BuiltTarget {
  return {
    platform: target.platform,
    planned: target,
    image: once(async () => {
      const layers = await state.layers();
      const packed = await all(
        layers.map(async (handle) => {
          const layer = await handle.packed();
          return layer && session.forceCompression ? recompress(session, layer) : layer;
        }),
      );
      restGzip();
      const hasLayer = packed.map((layer) => layer !== undefined);
      return makeImage(
        configOf(target, hasLayer, session.epoch),
        packed.filter((layer) => layer !== undefined),
      );
    }),
    layers: async () => all((await state.layers()).map((layer) => layer.entries())),
    async unpackedSize() {
      const known = await state.knownSize();
      if (known !== undefined) return known;
      const layers = await state.layers();
      // Nothing is fetched for a figure.
      if (layers.some((layer) => layer.leftOf?.() !== undefined)) return undefined;
      const sizes = await all(
        layers.map(async (layer) => layer.knownSize() ?? sizeOf(await layer.entries())),
      );
      return sizes.reduce((sum, size) => sum + size, 0);
    },
  };
}

/** @param hasLayer For each layer of the target, base included, whether it is there or was empty. */
function configOf(
  { stage, platform }: PlannedTarget,
  hasLayer: readonly boolean[],
  epoch: number | undefined,
): ImageConfig {
  const { base, config, author } = stage;
  // Never the clock's time, which would make every build a different image.
  const created = new Date((epoch ?? 0) * 1000).toISOString().replace('.000Z', 'Z');
  let layer = base?.layers.length ?? 0;
  const history = stage.history.map(({ createdBy, operation }): HistoryEntry => {
    const isEmpty = operation === undefined || !hasLayer[layer++];
    return { created, created_by: createdBy, comment: 'decant', ...(isEmpty ? { empty_layer: true } : {}) };
  });
  return {
    created,
    ...(author === undefined ? {} : { author }),
    architecture: platform.architecture,
    ...(platform.variant === undefined ? {} : { variant: platform.variant }),
    os: platform.os,
    config,
    rootfs: { type: 'layers', diff_ids: [] },
    history: [...(base?.config.history ?? []), ...history],
  };
}
