/**
 * Cache mounts: directories that RUN steps keep between builds (`--mount=type=cache`). `mounts/<name>/data` is what a
 * step sees, `mounts/<name>/about` says what it is for and, by its time, when it was last used; `users/` holds a mark
 * for each step that uses it now. Who may use it together is BuildKit's rule (cache/mounts): `shared` with others that
 * share, `locked` alone, `private` alone and with a directory of its own where the first is taken.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { readIfPresent, removeFile, storeError } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { pause } from './locks.ts';
import type { Locks, WaitOptions } from './locks.ts';
import { isAlive, ownedName, ownerOf } from './owner.ts';
import { removeTree, treeSize } from './remove-tree.ts';
import type { TemporaryFolders } from './tmp.ts';

/** What makes two mounts the same cache. */
export interface CacheIdentity {
  readonly id: string;
  readonly mode?: number | undefined;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** What it began with: a key, or absent for nothing. */
  readonly from?: string | undefined;
}

export interface CacheMount {
  /** Of the folder below `mounts`. */
  readonly name: string;
  readonly identity: CacheIdentity;
  /** The directory that steps see. */
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly usedMs: number;
  readonly inUse: boolean;
}

export interface OpenOptions extends WaitOptions {
  readonly sharing: 'shared' | 'private' | 'locked';
  /** Fills the directory of a new cache; it exists, and is empty. */
  readonly fill: (directory: string) => Promise<void>;
  /** Called once when others have to be waited for. */
  readonly onWait?: () => void;
}

export interface CacheMounts {
  /** Waits for its turn. The function that is given back ends the use. */
  readonly open: (
    identity: CacheIdentity,
    options: OpenOptions,
  ) => Promise<{ readonly path: string; readonly release: () => void }>;
  readonly list: () => readonly CacheMount[];
  readonly sizeOf: (name: string) => Promise<number>;
  /** False where there is none, or it is in use. */
  readonly remove: (name: string) => Promise<boolean>;
}

const NAME = /^[0-9a-f]{16}(-\d{1,3})?$/;
/** Private copies of one cache that may be in use at once. */
const MAX_COPIES = 100;
/** Filling a new cache may take long; whoever wants it too waits. */
const FILL_TIMEOUT_MS = 60 * 60 * 1000;
const MAX_ID = 4096;

export function cacheMountsOf(layout: StoreLayout, locks: Locks, tmp: TemporaryFolders): CacheMounts {
  const folder = layout.path('mounts');
  const pathOf = (name: string): string => `${folder}/${name}`;

  /** The use of a cache, or undefined while others are in the way. */
  const tryOpen = async (name: string, identity: CacheIdentity, options: OpenOptions) => {
    const { signal, sharing, fill } = options;
    const release = await locks.acquire(`mount-${name}`, { signal, timeout: FILL_TIMEOUT_MS });
    try {
      const others = usersOf(pathOf(name));
      if (others.some((kind) => kind === 'alone' || sharing !== 'shared')) return undefined;
      if (!existsSync(`${pathOf(name)}/about`)) await make(name, identity, fill);
      const mark = `${pathOf(name)}/users/${sharing === 'shared' ? 'shared' : 'alone'}.${ownedName()}`;
      closeSync(openSync(mark, 'wx', 0o600));
      return {
        path: `${pathOf(name)}/data`,
        release: () => {
          const now = new Date();
          utimesSync(`${pathOf(name)}/about`, now, now);
          removeFile(mark);
        },
      };
    } finally {
      release();
    }
  };
  const make = async (name: string, identity: CacheIdentity, fill: OpenOptions['fill']): Promise<void> => {
    const made = await tmp.create();
    try {
      mkdirSync(`${made.path}/data`, { mode: 0o755 });
      mkdirSync(`${made.path}/users`, { mode: 0o700 });
      await fill(`${made.path}/data`);
      writeFileSync(`${made.path}/about`, JSON.stringify(identity));
      await removeTree(pathOf(name));
      renameSync(made.path, pathOf(name));
    } catch (error) {
      await made.remove();
      throw storeError(error, pathOf(name));
    }
  };
  const list = (): CacheMount[] =>
    names(folder).flatMap((name) => {
      const identity = readIdentity(`${pathOf(name)}/about`);
      if (!NAME.test(name) || !identity) return [];
      const usedMs = lstatSync(`${pathOf(name)}/about`).mtimeMs;
      const inUse = usersOf(pathOf(name)).length > 0;
      return [{ name, identity, path: `${pathOf(name)}/data`, usedMs, inUse }];
    });

  return {
    list,
    async open(identity, options) {
      layout.ensure();
      const first = nameOf(identity);
      const copies = Array.from({ length: MAX_COPIES - 1 }, (_, index) => `${first}-${index + 1}`);
      const candidates = options.sharing === 'private' ? [first, ...copies] : [first];
      for (let turn = 0; ; turn += 1) {
        for (const name of candidates) {
          const opened = await tryOpen(name, identity, options);
          if (opened) return opened;
        }
        if (turn === 0) options.onWait?.();
        await pause(turn, options.signal);
      }
    },
    sizeOf: async (name) => (await treeSize(`${pathOf(name)}/data`)).bytes,
    async remove(name) {
      if (!NAME.test(name) || !existsSync(pathOf(name))) return false;
      return locks.hold(`mount-${name}`, async () => {
        if (usersOf(pathOf(name)).length > 0) return false;
        return (await removeTree(pathOf(name))).failed === undefined;
      });
    },
  };
}

function nameOf({ id, mode, uid, gid, from }: CacheIdentity): string {
  const parts = JSON.stringify([id, mode ?? null, uid ?? null, gid ?? null, from ?? null]);
  return createHash('sha256').update(parts).digest('hex').slice(0, 16);
}

/** How the cache is in use now. Marks of processes that are gone are removed. */
function usersOf(path: string): readonly string[] {
  return names(`${path}/users`).flatMap((mark) => {
    const [kind = '', owner = ''] = mark.split('.');
    const file = `${path}/users/${mark}`;
    const found = ownerOf(owner);
    if (found && isAlive(found, ageOf(file))) return [kind];
    removeFile(file);
    return [];
  });
}

function ageOf(path: string): number {
  return Date.now() - (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
}

/** Another version of the program, or somebody, may have written it. */
function readIdentity(path: string): CacheIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readIfPresent(path)?.toString('utf8') ?? '');
    if (typeof value !== 'object' || value === null || !('id' in value)) return undefined;
    const { id } = value;
    return typeof id === 'string' && id.length <= MAX_ID ? (value as CacheIdentity) : undefined;
  } catch {
    return undefined;
  }
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
