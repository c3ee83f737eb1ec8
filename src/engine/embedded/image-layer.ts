/** A layer of a base image: in the store as a blob, its entries listed once and its files unpacked once. */
import type { ImageConfig } from '../../oci/config.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { blobEntries, blobSize } from '../../store/layer-entries.ts';
import type { Layer } from '../../tree/entry.ts';
import { plainDirectory } from '../../tree/tree.ts';
import type { LayerHandle } from './layer-handle.ts';
import { sizeOf } from '../../tree/size.ts';
import { once } from './memo.ts';
import { isUnpacked, unpackedEntries, unpackIntoStore } from './unpack.ts';
import type { UnpackSession } from './unpack.ts';

/** @param config Of the image that the layer belongs to. */
export function imageLayer(
  session: UnpackSession,
  layer: LayerDescriptor,
  config?: ImageConfig,
): LayerHandle {
  const { store } = session;
  const id = `i${layer.diffId.slice('sha256:'.length, 'sha256:'.length + 15)}`;
  let seen: Layer | undefined;
  const entries = once(async () => {
    // Outside of a user namespace the unpacked files may be out of reach; the blob is not.
    const mayRead = session.privileges !== 'none' && store.layers.has(id);
    const unpacked = mayRead ? await unpackedEntries(session, id) : undefined;
    seen = unpacked ?? (await blobEntries(store, layer));
    return seen;
  });
  return {
    key: layer.diffId,
    entries,
    directory: once(async () => {
      if (!isUnpacked(store, id)) {
        const found = await blobEntries(store, layer);
        await unpackIntoStore(session, id, found, plainDirectory(''));
      }
      return id;
    }),
    packed: () => Promise.resolve(layer),
    leftOf() {
      const { digest } = layer.descriptor;
      const isHere = store.blobs.has(digest) || blobSize(store, digest) !== undefined;
      return isHere || (session.privileges !== 'none' && isUnpacked(store, id)) ? undefined : config;
    },
    knownSize() {
      return blobSize(store, layer.descriptor.digest) ?? (seen && sizeOf(seen));
    },
  };
}
