/**
 * `force-compression`: a layer that was packed by others, packed as the new ones are. Its files, and so its diff id and
 * the image id, stay; the store remembers which blob became which.
 */
import { createHash } from 'node:crypto';
import { isDigest } from '../../oci/digest.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { layerTar } from '../../store/layer-entries.ts';
import { DecantError } from '../../errors.ts';
import { startTransfer } from '../../net/told.ts';
import { compressed, mediaTypeOf, packingName } from './pack-layer.ts';
import type { PackSession } from './pack-layer.ts';

const KIND = 'recompressed';

export async function recompress(session: PackSession, layer: LayerDescriptor): Promise<LayerDescriptor> {
  const { store, compression, signal, emit } = session;
  const { digest } = layer.descriptor;
  const mediaType = mediaTypeOf(compression);
  if (layer.descriptor.mediaType === mediaType) return layer;
  const key = `${packingName(compression, undefined)} ${digest}`;
  const known = store.cache.getSync(KIND, key);
  if (isBlob(known) && store.blobs.has(known.digest))
    return { diffId: layer.diffId, descriptor: { mediaType, digest: known.digest, size: known.size } };
  await store.blobs.ensure(digest);
  const short = digest.slice('sha256:'.length, 'sha256:'.length + 12);
  const transfer = startTransfer(emit, `recompress ${digest}`, `packing layer ${short} again`);
  const diffId = createHash('sha256');
  async function* tar(): AsyncGenerator<Uint8Array> {
    for await (const chunk of layerTar(layer.descriptor, store.blobs.read(digest, { verify: true }))) {
      signal.throwIfAborted();
      diffId.update(chunk);
      transfer.add(chunk.length);
      yield chunk;
    }
  }
  const blob = await store.blobs.put(compressed(tar(), compression));
  transfer.done();
  const actual = `sha256:${diffId.digest('hex')}`;
  if (actual !== layer.diffId)
    throw new DecantError(
      'DIGEST_MISMATCH',
      `layer ${digest} has the diff id ${actual}, not ${layer.diffId}`,
    );
  const { digest: made, size } = blob;
  await store.cache.put(KIND, key, { digest: made, size }, { blobs: [made] });
  return { diffId: layer.diffId, descriptor: { mediaType, digest: made, size } };
}

function isBlob(value: unknown): value is { readonly digest: string; readonly size: number } {
  if (typeof value !== 'object' || value === null) return false;
  const { digest, size } = value as Readonly<Record<string, unknown>>;
  return typeof digest === 'string' && isDigest(digest) && typeof size === 'number';
}
