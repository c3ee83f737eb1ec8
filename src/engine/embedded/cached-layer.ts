/**
 * A layer that a step makes, with what the store remembers of it. Asked for its blob, it looks for the blob; asked for
 * its files, for the directory, and failing that unpacks the blob again; only when neither is there is the step done.
 */
import { DecantError } from '../../errors.ts';
import type { LayerDescriptor } from '../../oci/image.ts';
import type { Operation } from '../../plan/operation.ts';
import type { Layer } from '../../tree/entry.ts';
import { EMPTY_LAYER } from '../../tree/layer.ts';
import { blobEntries } from '../../store/layer-entries.ts';
import type { LayerHandle } from './layer-handle.ts';
import { isInterruption, once } from './memo.ts';
import { packIntoStore } from './pack-layer.ts';
import { packingName, readRecord, writeRecord } from './records.ts';
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

  const make = once(async (): Promise<Made> => {
    let isBegun = false;
    try {
      const step = await recipe.prepare();
      isBegun = true;
      steps.start(operation);
      const made = await step();
      const isEmpty = made.layer.entries.length === 0;
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
    const blob = unpacked ? undefined : await knownBlob();
    const found = unpacked ?? (blob && (await blobEntries(store, blob)));
    if (!found) return (await make()).layer;
    steps.cached(operation);
    return found;
  });

  return {
    key,
    entries,
    directory: once(async () => {
      const known = record?.empty ? undefined : await knownDirectory();
      if (known !== undefined) {
        steps.cached(operation);
        return known;
      }
      const layer = await entries();
      if (layer.entries.length === 0) return undefined;
      if (record?.directory !== undefined && store.layers.has(record.directory)) return record.directory;
      const directory = await recipe.unpack(layer, key);
      await remember({ directory });
      return directory;
    }),
    packed: once(async () => {
      const known = record?.empty ? undefined : await knownBlob();
      if (known || record?.empty) {
        steps.cached(operation);
        return known;
      }
      const layer = await entries();
      if (layer.entries.length === 0) return undefined;
      const packed = await packIntoStore(
        session,
        layer,
        operation.place ? `line ${operation.place.start}` : 'a layer',
        key,
      );
      await remember({ packed: { [packing]: packed } });
      return packed;
    }),
    knownSize: () => record?.size,
  };
}
