/**
 * Layers as directories below the store, for overlayfs. Unpacked once and kept by id; two processes that unpack the
 * same layer at once both finish, and one copy stays.
 */
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackLayer } from '../../sandbox/unpack.ts';
import type { Store } from '../../store/store.ts';
import type { DirectoryEntry, Entry, Layer } from '../../tree/entry.ts';
import { layerFromIndex, unpackedIndex } from '../../tree/serialize.ts';
import { entriesOf } from '../../tree/layer.ts';
import { needUnpackedLayers } from './namespace.ts';
import type { Session } from './session.ts';

/** What unpacking needs of a build; running an image has no more than this. */
export type UnpackSession = Pick<Session, 'store' | 'open' | 'privileges' | 'signal'>;

const KIND = 'unpacked';

/** Whether the layer is unpacked; that it was asked for keeps it for a while. */
export function isUnpacked(store: Store, id: string): boolean {
  if (!store.layers.has(id)) return false;
  store.cache.getSync(KIND, id);
  return true;
}

/** The directory of the layer's files, in a slot of the store. */
export function filesOf(slot: string): string {
  return join(slot, 'fs');
}

/**
 * @param root The attributes of the tree's root: the topmost directory of an overlay shows its own.
 */
export async function unpackIntoStore(
  session: UnpackSession,
  id: string,
  layer: Layer,
  root: DirectoryEntry,
): Promise<void> {
  const { store, open, privileges, signal } = session;
  needUnpackedLayers(session);
  if (isUnpacked(store, id)) return;
  const slot = await store.layers.create();
  try {
    await unpackLayer(withRoot(layer, root), open, filesOf(slot.path), {
      userNamespace: privileges === 'namespace',
      signal,
    });
    writeIndex(slot.path, unpackedIndex(layer));
    // Named by a record, the directory stays as long as that is used.
    await store.cache.put(KIND, id, true, { layers: [id] });
    await slot.publish(id);
  } catch (error) {
    await slot.discard();
    throw error;
  }
}

/** Beside the files of a layer, in its slot. */
export function writeIndex(slot: string, pieces: Iterable<Uint8Array>): void {
  const file = openSync(join(slot, 'index'), 'w');
  try {
    for (const piece of pieces) writeFileSync(file, piece);
  } finally {
    closeSync(file);
  }
}

/** The entries of an unpacked layer, or undefined where its index does not read. */
export async function unpackedEntries(session: UnpackSession, id: string): Promise<Layer | undefined> {
  needUnpackedLayers(session);
  const bytes = await session.store.layers.readIndex(id);
  return bytes && layerFromIndex(bytes, { id, directory: filesOf(session.store.layers.path(id)) });
}

/** One by one: of large layers a list would take more memory than all else. */
function* withRoot(layer: Layer, root: DirectoryEntry): Generator<Entry> {
  let isFirst = true;
  for (const entry of entriesOf(layer)) {
    if (isFirst && entry.path !== '') yield root;
    isFirst = false;
    yield entry;
  }
  if (isFirst) yield root;
}
