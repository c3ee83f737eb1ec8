/** An image as the audit takes it: its config and its layers, listed, and ready to be read once. */
import type { ImageView } from '../../inspect/image/image-view.ts';
import type { ImageConfig } from '../../oci/config.ts';
import { layerCompression } from '../../oci/media-types.ts';
import type { Layer } from '../../tree/entry.ts';

export interface AuditLayer {
  readonly layer: Layer;
  /** Of its blob. */
  readonly digest: string;
  /** Its blob where that is a file of its own which Node reads and decompresses in a thread. */
  readonly file?: { readonly path: string; readonly compression: 'none' | 'gzip' };
  /** Its uncompressed stream, verified. */
  readonly tar: () => AsyncIterable<Uint8Array>;
  /** The instruction that made it, where the history says. */
  readonly createdBy?: string;
}

export interface AuditImage {
  readonly name: string;
  /** Of its manifest. */
  readonly digest: string;
  /** Of its config. */
  readonly id: string;
  readonly config: ImageConfig;
  /** From the lowest up. */
  readonly layers: readonly AuditLayer[];
}

/** Fetches what is still elsewhere. */
export async function auditableImage(view: ImageView): Promise<AuditImage> {
  await view.tree();
  const layers = await Promise.all(
    view.layers.map(async ({ descriptor, entries, file, tar, step }): Promise<AuditLayer> => {
      const compression = layerCompression(descriptor.mediaType);
      const isPlain = compression === 'none' || compression === 'gzip';
      const path = isPlain ? await file() : undefined;
      return {
        layer: await entries(),
        digest: descriptor.digest,
        ...(path !== undefined && isPlain && { file: { path, compression } }),
        tar,
        ...(step && { createdBy: step.instruction }),
      };
    }),
  );
  return { name: view.name, digest: view.descriptor.digest, id: view.id, config: view.config, layers };
}
