/** Packing a layer into the store: tar, digest, compression and writing in one pass, in bounded memory. */
import { createHash } from 'node:crypto';
import { gzip } from '../../codec/gzip/gzip.ts';
import type { GzipLevel } from '../../codec/gzip/gzip.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { zstd } from '../../codec/zstd/zstd.ts';
import { layerMediaType } from '../../oci/media-types.ts';
import type { Layer } from '../../tree/entry.ts';
import { packLayer } from '../../tree/pack.ts';
import { startTransfer } from '../transfer.ts';
import { limiter } from './memo.ts';
import type { LayerCompression, Session } from './session.ts';

/** What packing needs of a build; composing a base has no more than this. */
export type PackSession = Pick<Session, 'store' | 'open' | 'epoch' | 'compression' | 'signal' | 'emit'>;

/** Each packing uses all cores by itself; a second one fills the gaps while the first waits for the disk. */
const packing = limiter(2);

export async function packIntoStore(
  session: PackSession,
  layer: Layer,
  label: string,
  id = label,
): Promise<LayerDescriptor> {
  return packing(async () => {
    const { store, open, epoch, compression, signal, emit } = session;
    const diffId = createHash('sha256');
    const transfer = startTransfer(emit, `pack ${id}`, `packing ${label}`);
    async function* tar(): AsyncGenerator<Uint8Array> {
      // Whatever compresses copies what it takes.
      const reusesChunks = compression !== 'none';
      for await (const chunk of packLayer(layer, { open, epoch, reusesChunks })) {
        signal.throwIfAborted();
        diffId.update(chunk);
        transfer.add(chunk.length);
        yield chunk;
      }
    }
    const { digest, size } = await store.blobs.put(compressed(tar(), compression));
    transfer.done();
    return {
      descriptor: { mediaType: mediaTypeOf(compression), digest, size },
      diffId: `sha256:${diffId.digest('hex')}`,
    };
  });
}

export function mediaTypeOf(compression: LayerCompression): string {
  return layerMediaType(compression === 'none' ? 'none' : compression.startsWith('zstd') ? 'zstd' : 'gzip');
}

export function compressed(
  bytes: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return bytes;
  const [method, level] = compression.split('-');
  if (method === 'zstd') return zstd(bytes, level === undefined ? {} : { level: Number(level) });
  if (level === undefined) return gzip(bytes);
  return gzip(bytes, { level: Number(level) as GzipLevel });
}
