/**
 * Removes and measures folders that a RUN step may have written: names that are not UTF-8, directories nobody may
 * search, paths deeper than the system takes in one name. No link is followed.
 */
import {
  chmodSync,
  closeSync,
  type Dirent,
  lstatSync,
  openSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';

import { systemCode } from '../errors.ts';

/** Beyond this a path is shortened by way of an open folder; the system takes 4096 (path_resolution(7)). */
const LONG_PATH_BYTES = 3000;
/** How many files are removed before other work gets a turn. */
const SLICE = 500;

export interface TreeSize {
  /** Bytes on disk (blocks, not lengths), each file once however many names it has. */
  readonly bytes: number;
  readonly files: number;
}

/**
 * Removes all it may. Gives the first error instead of throwing it: files of other users (a container's users, seen
 * from outside its user namespace) stay, and that must not stop whoever tidies up.
 */
export async function removeTree(path: string): Promise<{ readonly failed?: unknown }> {
  const state: Removal = { left: SLICE, failed: undefined };
  const isDirectory = tryTo(() => lstatSync(path))?.isDirectory() ?? false;
  await removeAny(Buffer.from(path), isDirectory, state);
  return state.failed === undefined ? {} : { failed: state.failed };
}

/** Measures what can be read; what cannot counts nothing. */
export async function treeSize(path: string): Promise<TreeSize> {
  const seen = new Set<string>();
  let bytes = 0;
  let files = 0;
  let left = SLICE;
  const visit = async (folder: Buffer): Promise<void> => {
    await withinLimit(folder, async (base) => {
      for (const child of entries(base)) {
        const name = join(base, child.name);
        const stat = tryTo(() => lstatSync(name));
        if (!stat) continue;
        files += 1;
        const key = `${stat.dev}:${stat.ino}`;
        if (stat.nlink === 1 || stat.isDirectory() || !seen.has(key)) bytes += stat.blocks * 512;
        if (stat.nlink > 1) seen.add(key);
        left -= 1;
        if (left <= 0) {
          left = SLICE;
          await turn();
        }
        if (stat.isDirectory()) await visit(name);
      }
    });
  };
  await visit(Buffer.from(path));
  return { bytes, files };
}

interface Removal {
  left: number;
  failed: unknown;
}

async function removeAny(path: Buffer, isDirectory: boolean, state: Removal): Promise<void> {
  state.left -= 1;
  if (state.left <= 0) {
    state.left = SLICE;
    await turn();
  }
  if (!isDirectory) {
    try {
      unlinkSync(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') state.failed ??= error;
    }
    return;
  }
  // A directory of ours may deny even us to list or change it.
  tryTo(() => chmodSync(path, 0o700));
  await withinLimit(path, async (base) => {
    for (const child of entries(base)) await removeAny(join(base, child.name), child.isDirectory(), state);
  });
  try {
    rmdirSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') state.failed ??= error;
  }
}

/** Calls `work` with the folder's path, or with a short one through an open descriptor where the path is too long. */
async function withinLimit(folder: Buffer, work: (base: Buffer) => Promise<void>): Promise<void> {
  if (folder.length < LONG_PATH_BYTES) return work(folder);
  const fd = tryTo(() => openSync(folder, 'r'));
  if (fd === undefined) return;
  try {
    await work(Buffer.from(`/proc/self/fd/${fd}`));
  } finally {
    closeSync(fd);
  }
}

function entries(folder: Buffer): readonly Dirent<Buffer>[] {
  return tryTo(() => readdirSync(folder, { encoding: 'buffer', withFileTypes: true })) ?? [];
}

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name]);
}

function tryTo<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
