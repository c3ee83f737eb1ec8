/**
 * What the store remembers of a layer under its cache key. A record that does not read as one, or whose layer is
 * gone, is a miss.
 */
import { isDigest } from '../../oci/digest.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { isLayerId } from '../../store/layers.ts';
import type { Store } from '../../store/store.ts';

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

export function readRecord(store: Store, key: string): LayerRecord | undefined {
  const value = store.cache.getSync(KIND, key);
  return isRecord(value) ? value : undefined;
}

/** Another version of the program may have written it. */
function isRecord(value: unknown): value is LayerRecord {
  if (!isObject(value)) return false;
  const { empty, directory, size, packed } = value;
  return (
    (empty === undefined || typeof empty === 'boolean') &&
    (directory === undefined || (typeof directory === 'string' && isLayerId(directory))) &&
    (size === undefined || typeof size === 'number') &&
    (packed === undefined || (isObject(packed) && Object.values(packed).every(isLayer)))
  );
}

function isLayer(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['descriptor'])) return false;
  const { digest, size, mediaType } = value['descriptor'];
  const isSha256 = (text: unknown): boolean => typeof text === 'string' && isDigest(text);
  return (
    isSha256(value['diffId']) && isSha256(digest) && typeof size === 'number' && typeof mediaType === 'string'
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export async function writeRecord(store: Store, key: string, record: LayerRecord): Promise<void> {
  await store.cache.put(KIND, key, record, {
    layers: record.directory === undefined ? [] : [record.directory],
    blobs: Object.values(record.packed ?? {}).map((layer) => layer.descriptor.digest),
  });
}
