/**
 * Records of builds: a folder each, with a description and the whole log of every step (docs/formats.md). Ids begin
 * with the time, so that names in order are builds in order. What is in the files is the engine's affair.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { storeError } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { removeTree, treeSize } from './remove-tree.ts';
import type { TemporaryFolders } from './tmp.ts';

export interface Builds {
  /** Makes a folder, and begins to remove those of the oldest builds where there are too many. */
  readonly create: () => Promise<{ readonly id: string; readonly path: string }>;
  /** Ids, the newest first. */
  readonly list: () => readonly string[];
  readonly path: (id: string) => string;
  /** When it was last written, milliseconds since the epoch. */
  readonly writtenMs: (id: string) => number;
  readonly sizeOf: (id: string) => Promise<number>;
  readonly remove: (id: string) => Promise<boolean>;
}

/** Builds that are remembered; the oldest ones go first. */
export const MAX_BUILDS = 100;

const ID = /^[0-9a-z]{8}-[0-9a-f]{4}$/;
const TIME_DIGITS = 8;

export function buildsOf(layout: StoreLayout, tmp: Pick<TemporaryFolders, 'removeLater'>): Builds {
  const folder = layout.path('builds');
  const path = (id: string): string => `${folder}/${id}`;
  const list = (): readonly string[] => {
    try {
      return readdirSync(folder)
        .filter((name) => ID.test(name))
        .sort()
        .reverse();
    } catch {
      return [];
    }
  };
  const remove = async (id: string): Promise<boolean> =>
    ID.test(id) && (await removeTree(path(id))).failed === undefined;
  return {
    async create() {
      layout.ensure();
      const time = Date.now().toString(36).padStart(TIME_DIGITS, '0');
      const id = `${time}-${randomBytes(2).toString('hex')}`;
      try {
        mkdirSync(path(id), { mode: 0o700 });
      } catch (error) {
        throw storeError(error, path(id));
      }
      for (const old of list().slice(MAX_BUILDS)) tmp.removeLater(path(old));
      return { id, path: path(id) };
    },
    list,
    path,
    writtenMs: (id) => lstatSync(path(id), { throwIfNoEntry: false })?.mtimeMs ?? 0,
    sizeOf: async (id) => (await treeSize(path(id))).bytes,
    remove,
  };
}
