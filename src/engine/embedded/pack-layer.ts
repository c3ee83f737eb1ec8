/** Packing a layer into the store: tar, digest, compression and writing in one pass, in bounded memory. */
import { createHash } from 'node:crypto';
import { gzip, loadGzip } from '../../codec/gzip/gzip.ts';
import type { GzipLevel } from '../../codec/gzip/gzip.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { zstd } from '../../codec/zstd/zstd.ts';
import { layerMediaType } from '../../oci/media-types.ts';
import type { Layer } from '../../tree/entry.ts';
import { packLayer } from '../../tree/pack.ts';
import { entriesOf } from '../../tree/layer.ts';
import { startTransfer } from '../../net/told.ts';
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
    const { digest, size } = await store.blobs.put(compressed(tar(), compression, isSmall(layer)));
    transfer.done();
    return {
      descriptor: { mediaType: mediaTypeOf(compression), digest, size },
      diffId: `sha256:${diffId.digest('hex')}`,
    };
  });
}

/** Another number whenever the same layer is packed to other bytes: what is remembered of earlier ones does not count then. */
const FORMAT = 2;

/** Names bytes that a layer is packed to. They depend on the time that stands in for the clock's. */
export function packingName(compression: LayerCompression, epoch: number | undefined): string {
  const name = `${compression}.${FORMAT}`;
  return epoch === undefined ? name : `${name}@${epoch}`;
}

/** Loads what packing needs: for who has to wait for something else until then. */
export function readyToPack(): void {
  process.getBuiltinModule('node:fs/promises');
  loadGzip();
}

const SMALL_BYTES = 2 * 1024 * 1024;
const HEADER_BYTES = 512;

/** Looks no further than it has to: a layer may have very many entries. */
function isSmall(layer: Layer): boolean {
  let size = 0;
  for (const entry of entriesOf(layer)) {
    size += HEADER_BYTES + (entry.type === 'file' ? entry.size : 0);
    if (size > SMALL_BYTES) return false;
  }
  return true;
}

export function mediaTypeOf(compression: LayerCompression): string {
  return layerMediaType(compression === 'none' ? 'none' : compression.startsWith('zstd') ? 'zstd' : 'gzip');
}

/** @param isSmall Not worth starting threads for. */
export function compressed(
  bytes: AsyncIterable<Uint8Array>,
  compression: LayerCompression,
  isSmall = false,
): AsyncIterable<Uint8Array> {
  if (compression === 'none') return bytes;
  const [method, level] = compression.split('-');
  if (method === 'zstd') return zstd(bytes, level === undefined ? {} : { level: Number(level) });
  return gzip(bytes, {
    ...(isSmall ? { threads: 0 } : {}),
    ...(level === undefined ? {} : { level: Number(level) as GzipLevel }),
  });
}
