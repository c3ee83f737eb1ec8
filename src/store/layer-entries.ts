/**
 * What layer blobs hold, as lists of entries that refer to the blobs. A list is made once, from the blob, and kept among
 * the store's records: nobody reads a layer again only to know what is in it.
 */
import { decompress } from '../codec/compression.ts';
import { DecantError } from '../errors.ts';
import type { LayerDescriptor } from '../oci/image.ts';
import { layerCompression } from '../oci/media-types.ts';
import type { Layer } from '../tree/entry.ts';
import { layerFromTar } from '../tree/from-tar.ts';
import { layerFromRows, layerRows } from '../tree/serialize.ts';
import { sizeOf } from '../tree/size.ts';
import { ARCHIVE_LIMITS } from './archive-limits.ts';
import type { CacheRefs } from './cache.ts';
import type { Store } from './store.ts';

const KIND = 'entries';
/** Bytes of a blob's files, apart from its entries: a summary needs only this. */
const SIZE_KIND = 'size';
/** Entries of blobs that were never here. */
const FOREIGN_KIND = 'foreign-entries';

/**
 * The entries of a layer blob, from the store's list of them or else from the blob itself.
 *
 * @param packed The blob's bytes, verified, after which the store has it.
 */
export async function blobEntries(
  store: Store,
  { descriptor, diffId }: LayerDescriptor,
  packed: () => AsyncIterable<Uint8Array> = () => store.blobs.read(descriptor.digest),
): Promise<Layer> {
  const { digest } = descriptor;
  const known = layerFromRows(store.cache.getSync(KIND, digest), { id: diffId });
  if (known) return known;
  const layer = await readLayer(layerTar(descriptor, packed()), digest);
  await rememberEntries(store, digest, layer).catch(whereItCannot);
  return layer;
}

/**
 * The same for a layer that is not the store's but somewhere else on this machine. The list is kept as well; nothing
 * takes it for a sign that the store had the blob.
 */
export async function foreignEntries(
  store: Store,
  { descriptor, diffId }: LayerDescriptor,
  packed: () => AsyncIterable<Uint8Array>,
): Promise<Layer> {
  const { digest } = descriptor;
  const place = { id: diffId };
  const kept = store.cache.getSync(KIND, digest) ?? store.cache.getSync(FOREIGN_KIND, digest);
  const known = layerFromRows(kept, place);
  if (known) return known;
  const layer = await readLayer(layerTar(descriptor, packed()), digest);
  await keepRecord(store, FOREIGN_KIND, digest, layerRows(layer));
  return layer;
}

/** Bytes of the files of a layer, where its entries were listed before. */
export function blobSize(store: Store, digest: string): number | undefined {
  const known = store.cache.getSync(SIZE_KIND, digest);
  return typeof known === 'number' ? known : undefined;
}

/** A layer's tar stream, of the bytes of its blob. Throws IMAGE_DAMAGED, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE. */
export function layerTar(
  { digest, mediaType }: LayerDescriptor['descriptor'],
  packed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const compression = layerCompression(mediaType);
  if (compression === undefined)
    throw new DecantError('IMAGE_DAMAGED', `layer ${digest} is of the unknown type "${mediaType}"`);
  return decompress(packed, compression, { ...ARCHIVE_LIMITS, name: `layer ${digest}` });
}

/** Keeps what was worked out about a layer, where the store can. */
export async function keepRecord(
  store: Store,
  kind: string,
  key: string,
  value: unknown,
  refs: CacheRefs = {},
): Promise<void> {
  await store.cache.put(kind, key, value, refs).catch(whereItCannot);
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
