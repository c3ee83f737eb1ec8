/**
 * Temporary files and folders. Each process has one folder, named after itself, below `tmp/`; what a killed process
 * left is removed by the next one that needs a folder of its own. Folders of living processes are never touched.
 */
import { mkdirSync, readdirSync, statSync } from 'node:fs';

import { storeError } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { isAlive, ownedName, ownerOf } from './owner.ts';
import { removeTree } from './remove-tree.ts';

export interface TemporaryFolder {
  readonly path: string;
  /** For what is large, or should be gone soon: with `close` it goes anyway. */
  readonly remove: () => Promise<void>;
}

export interface TemporaryFolders {
  /** A path that nothing else uses, on the store's file system. The first call sweeps. */
  readonly path: () => Promise<string>;
  /** The same without the sweep, for callers that cannot wait. */
  readonly pathSync: () => string;
  /** An empty folder, private to this process. */
  readonly create: () => Promise<TemporaryFolder>;
  /** Removes something small from elsewhere in the store when nothing else waits for this process any more: in `close`. */
  readonly removeLater: (path: string) => void;
  /** Removes what processes that are gone have left. Never throws: what cannot be removed stays. */
  readonly sweep: () => Promise<void>;
  /** Removes what is left to remove, and this process's own folder. */
  readonly close: () => Promise<void>;
}

export function temporaryFolders(layout: StoreLayout): TemporaryFolders {
  let own: string | undefined;
  let count = 0;
  let swept: Promise<void> | undefined;
  let removals: string[] = [];
  const sweep = (): Promise<void> => sweepFolder(layout.path('tmp'));
  const pathSync = (): string => {
    layout.ensure();
    if (own === undefined) {
      const path = layout.path('tmp', ownedName());
      try {
        mkdirSync(path, { mode: 0o700 });
      } catch (error) {
        throw storeError(error, path);
      }
      own = path;
    }
    count += 1;
    return `${own}/${count}`;
  };
  const path = async (): Promise<string> => {
    const made = pathSync();
    swept ??= sweep();
    await swept;
    return made;
  };
  return {
    path,
    pathSync,
    sweep,
    create: async () => {
      const folder = await path();
      try {
        mkdirSync(folder, { mode: 0o700 });
      } catch (error) {
        throw storeError(error, folder);
      }
      return { path: folder, remove: async () => void (await removeTree(folder)) };
    },
    removeLater: (what) => void removals.push(what),
    close: async () => {
      const left = own === undefined ? removals : [...removals, own];
      own = undefined;
      removals = [];
      for (const what of left) await removeTree(what);
    },
  };
}

async function sweepFolder(folder: string): Promise<void> {
  for (const name of names(folder)) {
    const path = `${folder}/${name}`;
    const owner = ownerOf(name);
    // A name that is not ours may be anything; it is not ours to remove.
    if (owner && !isAlive(owner, ageOf(path))) await removeTree(path);
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function ageOf(path: string): number {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}
