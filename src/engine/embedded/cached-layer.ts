/**
 * A layer that a step makes, with what the store remembers of it. Asked for its blob, it looks for the blob; asked for
 * its files, for the directory, and failing that unpacks the blob again; only when neither is there, nor in a cache that was
 * imported, is the step done.
 */
import { DecantError } from '../../errors.ts';
import type { CachedStep } from '../../oci/build-cache.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import type { Operation } from '../../plan/operation.ts';
import type { Layer } from '../../tree/entry.ts';
import { EMPTY_LAYER, isEmptyLayer } from '../../tree/layer.ts';
import { blobEntries } from '../../store/layer-entries.ts';
import type { LayerHandle } from './layer-handle.ts';
import { isInterruption, once } from './memo.ts';
import { packingName, packIntoStore } from './pack-layer.ts';
import { readRecord, writeRecord } from './records.ts';
import type { LayerRecord } from './records.ts';
import type { Session } from './session.ts';
import { unpackedEntries } from './unpack.ts';

/** What doing a step gives: its entries, and the directory if that is where they are. */
export interface Made {
  readonly layer: Layer;
  readonly size: number;
  readonly directory?: string;
}

export interface Recipe {
  readonly key: string;
  readonly operation: Operation;
  /** Waits for what the step stands on; the function it gives does the step. */
  readonly prepare: () => Promise<() => Promise<Made>>;
  /** Unpacks entries into the store; the id of the directory. */
  readonly unpack: (layer: Layer, key: string) => Promise<string>;
}

export function cachedLayer(session: Session, recipe: Recipe): LayerHandle {
  const { store, steps, epoch, compression } = session;
  const { key, operation } = recipe;
  const packing = packingName(compression, epoch);
  let record: LayerRecord | undefined = session.isUncached(operation) ? undefined : readRecord(store, key);
  let isMade = false;
  const imported = session.isUncached(operation) ? undefined : session.imported?.step(key, packing);
  if (!record && imported?.isEmpty) record = { empty: true, size: 0 };
  let writing: Promise<void> = Promise.resolve();
  const remember = (news: LayerRecord): Promise<void> => {
    record = { ...record, ...news, packed: { ...record?.packed, ...news.packed } };
    const latest = record;
    writing = writing.then(() => writeRecord(store, key, latest));
    return writing;
  };

  const knownBlob = once(async (): Promise<LayerDescriptor | undefined> => {
    const layer = record?.packed?.[packing];
    return layer && store.blobs.has(layer.descriptor.digest) ? layer : undefined;
  });
  const knownDirectory = once(async (): Promise<string | undefined> => {
    const id = record?.directory;
    return id !== undefined && store.layers.has(id) ? id : undefined;
  });

  /** Out of an imported cache, into the store. */
  const fetchedBlob = once(async (): Promise<LayerDescriptor | undefined> => {
    const layer = await imported?.fetch();
    if (layer) await remember({ size: imported?.size ?? 0, packed: { [packing]: layer } });
    return layer;
  });

  const make = once(async (): Promise<Made> => {
    let isBegun = false;
    try {
      const step = await recipe.prepare();
      isBegun = true;
      steps.start(operation);
      const made = await step();
      const isEmpty = isEmptyLayer(made.layer);
      isMade = true;
      record = undefined;
      await remember({
        size: made.size,
        ...(isEmpty ? { empty: true } : {}),
        ...(made.directory === undefined ? {} : { directory: made.directory }),
      });
      steps.done(operation);
      return made;
    } catch (error) {
      // A failure that has a place before this step has begun is that of a step below.
      const isOwn = isBegun || !(error instanceof DecantError && error.place);
      if (isOwn && !isInterruption(error))
        steps.failed(operation, error instanceof Error ? error.message : String(error));
      session.stop();
      throw error instanceof DecantError ? error.at(operation.place) : error;
    }
  });

  /** Entries from the cache or from doing the step. */
  const entries = once(async (): Promise<Layer> => {
    if (record?.empty) {
      steps.cached(operation);
      return EMPTY_LAYER;
    }
    // Outside of a user namespace the unpacked files are out of reach; a blob is not.
    const directory =
      session.privileges === 'none' && (await knownBlob()) ? undefined : await knownDirectory();
    const unpacked = directory === undefined ? undefined : await unpackedEntries(session, directory);
    const blob = unpacked ? undefined : ((await knownBlob()) ?? (await fetchedBlob()));
    const found = unpacked ?? (blob && (await blobEntries(store, blob)));
    if (!found) return (await make()).layer;
    steps.cached(operation);
    return found;
  });

  const isHere = async (): Promise<boolean> => isMade || (await knownDirectory()) !== undefined;
  const packed = once(async (): Promise<LayerDescriptor | undefined> => {
    const elsewhere = session.leavesImported ? imported?.leave : fetchedBlob;
    const known = record?.empty
      ? undefined
      : ((await knownBlob()) ?? ((await isHere()) ? undefined : await elsewhere?.()));
    if (known || record?.empty) {
      steps.cached(operation);
      return known;
    }
    const layer = await entries();
    if (isEmptyLayer(layer)) return undefined;
    const label = operation.place ? `line ${operation.place.start}` : 'a layer';
    const made = await packIntoStore(session, layer, label, key);
    await remember({ packed: { [packing]: made } });
    return made;
  });

  return {
    key,
    entries,
    step: once(async (): Promise<CachedStep | undefined> => {
      const isKnown = (await knownBlob()) !== undefined || (await isHere());
      // What is copied is copied again rather than left out; what was run is not run again for this.
      const isCheap = record !== undefined && operation.kind === 'file';
      const far = record?.empty || isKnown ? undefined : await imported?.leave();
      const layer = far ?? (record?.empty || !(isKnown || isCheap) ? undefined : await packed());
      if (!layer) return record?.empty ? { key, size: 0 } : undefined;
      return { key, packing, size: record?.size ?? imported?.size ?? 0, layer };
    }),
    directory: once(async () => {
      const known = record?.empty ? undefined : await knownDirectory();
      if (known !== undefined) {
        steps.cached(operation);
        return known;
      }
      const layer = await entries();
      if (isEmptyLayer(layer)) return undefined;
      if (record?.directory !== undefined && store.layers.has(record.directory)) return record.directory;
      const directory = await recipe.unpack(layer, key);
      await remember({ directory });
      return directory;
    }),
    packed,
    knownSize: () => record?.size ?? imported?.size,
  };
}
