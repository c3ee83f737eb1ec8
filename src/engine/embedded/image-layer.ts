/** A layer of a base image: in the store as a blob, its entries listed once and its files unpacked once. */
import { decompress } from '../../codec/compression.ts';
import type { ImageConfig } from '../../oci/config.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { layerCompression } from '../../oci/media-types.ts';
import { layerFromTar } from '../../tree/from-tar.ts';
import type { Layer } from '../../tree/entry.ts';
import { layerFromRows, layerRows } from '../../tree/serialize.ts';
import { plainDirectory } from '../../tree/tree.ts';
import { DecantError } from '../../errors.ts';
import { ARCHIVE_LIMITS } from '../../store/archive-limits.ts';
import type { Store } from '../../store/store.ts';
import type { LayerHandle } from './layer-handle.ts';
import { sizeOf } from './layer-handle.ts';
import { once } from './memo.ts';
import { isUnpacked, unpackedEntries, unpackIntoStore } from './unpack.ts';
import type { UnpackSession } from './unpack.ts';

const KIND = 'entries';
/** Bytes of a blob's files, apart from its entries: a summary needs only this. */
const SIZE_KIND = 'size';

/** @param config Of the image that the layer belongs to. */
export function imageLayer(
  session: UnpackSession,
  layer: LayerDescriptor,
  config?: ImageConfig,
): LayerHandle {
  const { store } = session;
  const id = `i${layer.diffId.slice('sha256:'.length, 'sha256:'.length + 15)}`;
  let size: number | undefined;
  const entries = once(async () => {
    // Outside of a user namespace the unpacked files may be out of reach; the blob is not.
    const mayRead = session.privileges !== 'none' && store.layers.has(id);
    const unpacked = mayRead ? await unpackedEntries(session, id) : undefined;
    const found = unpacked ?? (await blobEntries(store, layer));
    size = sizeOf(found);
    return found;
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
      const isHere = store.blobs.has(digest) || store.cache.getSync(SIZE_KIND, digest) !== undefined;
      return isHere || (session.privileges !== 'none' && isUnpacked(store, id)) ? undefined : config;
    },
    knownSize() {
      const known = size ?? store.cache.getSync(SIZE_KIND, layer.descriptor.digest);
      return typeof known === 'number' ? known : undefined;
    },
  };
}

/** The entries of a layer blob, from the store's list of them or else from the blob itself. */
export async function blobEntries(store: Store, { descriptor, diffId }: LayerDescriptor): Promise<Layer> {
  const known = layerFromRows(store.cache.getSync(KIND, descriptor.digest), { id: diffId });
  if (known) return known;
  const compression = layerCompression(descriptor.mediaType);
  if (compression === undefined) {
    throw new DecantError(
      'IMAGE_DAMAGED',
      `layer ${descriptor.digest} is of the unknown type "${descriptor.mediaType}"`,
    );
  }
  const bytes = decompress(store.blobs.read(descriptor.digest, { verify: true }), compression, {
    ...ARCHIVE_LIMITS,
    name: `layer ${descriptor.digest}`,
  });
  const layer = await readLayer(bytes, descriptor.digest);
  await rememberEntries(store, descriptor.digest, layer).catch(whereItCannot);
  return layer;
}

/** A store that is full, or that may only be read, is still one to read from. */
function whereItCannot(error: unknown): void {
  const isNoSpace = error instanceof DecantError && ['STORE_UNWRITABLE', 'DISK_FULL'].includes(error.code);
  if (!isNoSpace) throw error;
}

export async function rememberEntries(store: Store, blob: string, layer: Layer): Promise<void> {
  await store.cache.put(KIND, blob, layerRows(layer), { blobs: [blob] });
  await store.cache.put(SIZE_KIND, blob, sizeOf(layer), { blobs: [blob] });
}

/** A layer's tar stream as entries that refer to the blob. */
async function readLayer(bytes: AsyncIterable<Uint8Array>, blob: string): Promise<Layer> {
  try {
    return await layerFromTar(bytes, {
      what: `layer ${blob.slice(0, 19)}`,
      content: (offset) => ({ kind: 'blob', blob, offset }),
      whiteouts: true,
      absolute: 'root',
    });
  } catch (error) {
    if (error instanceof DecantError && error.code === 'ARCHIVE_INVALID') {
      throw new DecantError('IMAGE_DAMAGED', `layer ${blob} cannot be read: ${error.message}`, {
        cause: error,
        hint: 'load or import the image again',
      });
    }
    throw error;
  }
}
