/**
 * Unpacked layers and the results of RUN steps: `layers/<id>/fs`, a directory tree, and `layers/<id>/index`, bytes
 * that only the engine understands. Made in a temporary folder and renamed into place whole. The trees are a cache of
 * what blobs and steps can give again, so their files are not fsynced one by one.
 */
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs';

import { systemCode } from '../errors.ts';
import { readIfPresent, storeError } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { removeTree } from './remove-tree.ts';
import type { TemporaryFolders } from './tmp.ts';

export interface LayerSlot {
  /** Holds an empty `fs/`; an `index` may be written beside it. */
  readonly path: string;
  /** Renames it to `layers/<id>`. If another process was faster, its result stays and this one is removed. */
  readonly publish: (id: string) => Promise<void>;
  readonly discard: () => Promise<void>;
}

export interface Layers {
  /** The layer's folder, whether or not it is there. Ids are 1 to 16 letters, digits, `_` or `-`. */
  readonly path: (id: string) => string;
  readonly has: (id: string) => boolean;
  readonly create: () => Promise<LayerSlot>;
  readonly readIndex: (id: string) => Promise<Buffer | undefined>;
  /** Whether there was one. What cannot be removed now stays in `tmp/` until someone may. */
  readonly remove: (id: string) => Promise<boolean>;
  readonly list: () => readonly string[];
}

/** The mount options of an overlay, all its layers' paths among them, must fit into one page (mount(2)). */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,15}$/;

export function isLayerId(text: string): boolean {
  return ID.test(text);
}

export function layersOf(layout: StoreLayout, tmp: TemporaryFolders): Layers {
  const folder = layout.path('layers');
  const path = (id: string): string => {
    if (!isLayerId(id)) throw new TypeError(`layer id ${JSON.stringify(id)}`);
    return `${folder}/${id}`;
  };
  const isFolder = (place: string): boolean =>
    statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const has = (id: string): boolean => isFolder(`${path(id)}/fs`);
  const remove = async (id: string): Promise<boolean> => {
    if (!isFolder(path(id))) return false;
    // Out of sight in one step first: a layer that is half removed must not be found.
    const trash = await tmp.path();
    rename(path(id), trash);
    await removeTree(trash);
    return true;
  };
  return {
    path,
    has,
    create: async () => {
      const temporary = await tmp.create();
      try {
        mkdirSync(`${temporary.path}/fs`, { mode: 0o755 });
      } catch (error) {
        throw storeError(error, temporary.path);
      }
      return {
        path: temporary.path,
        discard: temporary.remove,
        publish: async (id) => {
          if (rename(temporary.path, path(id))) return;
          // What stands in the way is whole, unless somebody has been at it.
          if (!has(id) && (await remove(id)) && rename(temporary.path, path(id))) return;
          await temporary.remove();
        },
      };
    },
    readIndex: (id) => Promise.resolve().then(() => readIfPresent(`${path(id)}/index`)),
    remove,
    list: () => {
      try {
        return readdirSync(folder).filter((name) => ID.test(name));
      } catch {
        return [];
      }
    },
  };
}

/** False when there is something at `to` already. */
function rename(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOTEMPTY' || code === 'EEXIST') return false;
    throw storeError(error, to);
  }
}
