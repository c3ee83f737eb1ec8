/** Packing a layer into the store: tar, digest, compression and writing in one pass, in bounded memory. */
import { createHash } from 'node:crypto';
import { gzip } from '../../codec/gzip/gzip.ts';
import type { GzipLevel } from '../../codec/gzip/gzip.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { MEDIA_TYPE } from '../../oci/media-types.ts';
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
      for await (const chunk of packLayer(layer, { open, epoch })) {
        signal.throwIfAborted();
        diffId.update(chunk);
        transfer.add(chunk.length);
        yield chunk;
      }
    }
    const { digest, size } = await store.blobs.put(compressed(tar(), compression));
    transfer.done();
    const mediaType = compression === 'none' ? MEDIA_TYPE.layer : MEDIA_TYPE.layerGzip;
    return { descriptor: { mediaType, digest, size }, diffId: `sha256:${diffId.digest('hex')}` };
  });
}

function compressed(
  bytes: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return bytes;
  if (compression === 'gzip') return gzip(bytes);
  return gzip(bytes, { level: Number(compression.slice('gzip-'.length)) as GzipLevel });
}
