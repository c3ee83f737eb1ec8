/**
 * What other builds have left elsewhere: caches out of registries and folders. They are asked where the store knows
 * nothing of a step. Nothing is believed but that a key leads to a layer: its bytes have the digest that is said, and the diff
 * id too, or it is as if nothing had been there. A source that fails is not asked again, and somebody is told.
 */
import { decompress } from '../../codec/compression.ts';
import { digestOf } from '../../codec/digest.ts';
import { DecantError } from '../../errors.ts';
import { type Emit, monotonic } from '../../events.ts';
import type { BuildCache, CachedStep } from '../../oci/build-cache.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import { layerCompression } from '../../oci/media-types.ts';
import { ARCHIVE_LIMITS } from '../../store/archive-limits.ts';
import type { Store } from '../../store/store.ts';
import { isInterruption, once } from './memo.ts';

export interface CacheSource {
  /** For messages: `localhost:5000/app:cache`. */
  readonly name: string;
  readonly cache: BuildCache;
  /** The bytes of a layer. */
  readonly read: (layer: Descriptor) => AsyncIterable<Uint8Array>;
  /**
   * Leaves the layer where it is, to be had from there when somebody needs its bytes; false where that cannot be or it is
   * not there any more. Absent where nothing can be left.
   */
  readonly leave?: (layer: Descriptor) => Promise<boolean>;
}

export interface Imported {
  /** Of the step with this key, packed like this. */
  readonly step: (key: string, packing: string) => ImportedStep | undefined;
  readonly definition: (kind: string, definition: string) => string | undefined;
}

export interface ImportedStep {
  /** Bytes of its files. */
  readonly size: number;
  readonly isEmpty: boolean;
  /** Brings the layer into the store; undefined where it cannot be had, or is not what it is said to be. */
  readonly fetch: () => Promise<LayerDescriptor | undefined>;
  /** The layer without its bytes, where these can be had when they are needed; else as `fetch`. */
  readonly leave: () => Promise<LayerDescriptor | undefined>;
}

export function importedFrom(sources: readonly CacheSource[], store: Store, emit: Emit): Imported {
  const opened = sources.map((source) => open(source, store, emit));
  return {
    step: (key, packing) => {
      for (const each of opened) {
        const found = each.step(key, packing);
        if (found) return found;
      }
      return undefined;
    },
    definition: (kind, definition) => {
      for (const each of opened) {
        const found = each.definition(kind, definition);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

function open(source: CacheSource, store: Store, emit: Emit): Imported {
  const { cache } = source;
  const steps = new Map(cache.steps.map((step) => [`${step.packing ?? ''} ${step.key}`, step]));
  const keys = new Map(cache.keys.map(({ kind, definition, key }) => [`${kind} ${definition}`, key]));
  let isBroken = false;
  const trying = async (
    layer: LayerDescriptor,
    work: () => Promise<boolean>,
  ): Promise<LayerDescriptor | undefined> => {
    if (isBroken) return undefined;
    try {
      if (await work()) return layer;
      throw new DecantError('IMAGE_UNKNOWN', `it does not have ${layer.descriptor.digest} any more`);
    } catch (error) {
      if (!(error instanceof DecantError) || isInterruption(error)) throw error;
      if (isOfStore(error)) throw error;
      // Several layers may have been under way.
      if (isBroken) return undefined;
      isBroken = true;
      const message = `the build cache ${source.name} is of no use, so what it should give is made again: ${error.message}`;
      emit({ type: 'warning', time: monotonic(), message });
      return undefined;
    }
  };
  const imported = ({ size, layer }: CachedStep): ImportedStep => {
    const fetch = once(
      async (): Promise<LayerDescriptor | undefined> =>
        layer && trying(layer, () => take(source, store, layer)),
    );
    return {
      size,
      isEmpty: layer === undefined,
      fetch,
      leave: async () => {
        const { leave } = source;
        if (!layer || !leave) return fetch();
        return trying(layer, () => leave(layer.descriptor));
      },
    };
  };
  return {
    step: (key, packing) => {
      if (isBroken) return undefined;
      const step = steps.get(`${packing} ${key}`) ?? steps.get(` ${key}`);
      return step && imported(step);
    },
    definition: (kind, definition) => (isBroken ? undefined : keys.get(`${kind} ${definition}`)),
  };
}

/** Where the disk is full, doing the step again is no help. */
function isOfStore({ code }: DecantError): boolean {
  return ['DISK_FULL', 'STORE_UNWRITABLE', 'STORE_DAMAGED'].includes(code);
}

/** The store verifies the digest; the diff id would go into an image's config unseen. */
async function take(
  source: CacheSource,
  store: Store,
  { descriptor, diffId }: LayerDescriptor,
): Promise<boolean> {
  const { digest, size, mediaType } = descriptor;
  await store.blobs.put(source.read(descriptor), { digest, size });
  const compression = layerCompression(mediaType) ?? 'none';
  const name = `layer ${digest}`;
  const plain = decompress(store.blobs.read(digest, { verify: false }), compression, {
    ...ARCHIVE_LIMITS,
    name,
  });
  const actual = (await digestOf(plain)).digest;
  if (actual === diffId) return true;
  throw new DecantError('DIGEST_MISMATCH', `${name} has the diff id ${actual}, not ${diffId}`);
}
