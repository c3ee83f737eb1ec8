/**
 * What the store remembers of a layer under its cache key. A record that does not read as one, or whose layer is
 * gone, is a miss.
 */
import type { LayerDescriptor } from '../../oci/image.ts';
import type { Store } from '../../store/store.ts';
import type { LayerCompression } from './session.ts';

export interface LayerRecord {
  /** The step changed nothing. */
  readonly empty?: boolean;
  /** Id of the unpacked layer in the store. */
  readonly directory?: string;
  /** Bytes of its files. */
  readonly size?: number;
  /** The layer as blobs, by the way it was packed (`packingName`). */
  readonly packed?: Readonly<Record<string, LayerDescriptor>>;
}

const KIND = 'layer';

/** Packing depends on the compression and on the time that stands in for the clock's. */
export function packingName(compression: LayerCompression, epoch: number | undefined): string {
  return epoch === undefined ? compression : `${compression}@${epoch}`;
}

export function readRecord(store: Store, key: string): LayerRecord | undefined {
  const value = store.cache.getSync(KIND, key);
  return typeof value === 'object' && value !== null ? value : undefined;
}

export async function writeRecord(store: Store, key: string, record: LayerRecord): Promise<void> {
  await store.cache.put(KIND, key, record, {
    layers: record.directory === undefined ? [] : [record.directory],
    blobs: Object.values(record.packed ?? {}).map((layer) => layer.descriptor.digest),
  });
}
