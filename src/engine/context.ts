/**
 * A directory on disk as a tree: the build context. Read as far as it is asked for and not further. Owners become root and times are the clock's, as they say nothing about the content
 * but only about who checked it out and when (BuildKit sends contexts the same way).
 */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { encodePath, isPlainPath, decodePath } from '../codec/path.ts';
import { DecantError, systemCode } from '../errors.ts';
import type { FileEntry, Node } from '../tree/entry.ts';
import { joinPath } from '../tree/path.ts';
import type { Tree } from '../tree/tree.ts';

/**
 * The facts that tell whether a file is the one that was hashed before (as git's index keeps them): size, mtime and ctime
 * in nanoseconds, and inode, with blanks between them. Contexts have many files, and one text takes the least memory.
 */
export type FileStamp = string;

export interface ContextTree extends Tree {
  /** The directory, absolute. */
  readonly root: string;
  /** The stamp of a regular file that `get` returned. */
  stamp(path: string): FileStamp;
  /** Sizes of the files that were looked at, by path. */
  sizes(): ReadonlyMap<string, number>;
}

export function contextTree(root: string): ContextTree {
  const nodes = new Map<string, Found>();
  const lists = new Map<string, readonly string[]>();
  const lookUp = (path: string): Found => {
    let known = nodes.get(path);
    if (!known) nodes.set(path, (known = read(root, path)));
    return known;
  };
  return {
    root,
    sizes: () =>
      new Map(
        [...nodes].flatMap(([path, { node }]) => (node?.type === 'file' ? [[path, node.size] as const] : [])),
      ),
    get: (path) => lookUp(path).node,
    list(directory) {
      let names = lists.get(directory);
      if (!names) lists.set(directory, (names = namesIn(root, directory)));
      return names;
    },
    stamp(path) {
      const { stamp } = lookUp(path);
      if (!stamp) throw new TypeError(`no regular file: ${path}`);
      return stamp;
    },
  };
}

interface Found {
  readonly node: Node | undefined;
  readonly stamp?: FileStamp;
}

function read(root: string, path: string): Found {
  const stats = statOf(root, path);
  const node = stats && nodeOf(root, path, stats);
  if (node?.type !== 'file') return { node };
  const { size, mtimeNs, ctimeNs, ino } = stats as BigIntStats;
  return { node, stamp: `${size} ${mtimeNs} ${ctimeNs} ${ino}` };
}

function onDisk(root: string, path: string): string | Buffer {
  const full = joinPath(root, path);
  return isPlainPath(full) ? full : encodePath(full);
}

function statOf(root: string, path: string): BigIntStats | undefined {
  try {
    return lstatSync(onDisk(root, path), { bigint: true, throwIfNoEntry: false });
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return undefined;
    throw unreadable(path, error);
  }
}

function namesIn(root: string, directory: string): string[] {
  try {
    const names = readdirSync(onDisk(root, directory), 'utf8');
    if (!names.some((name) => name.includes('\uFFFD'))) return names.sort();
    return readdirSync(onDisk(root, directory), 'buffer').map(decodePath).sort();
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOTDIR' || code === 'ENOENT') return [];
    throw unreadable(directory, error);
  }
}

function nodeOf(root: string, path: string, stats: BigIntStats): Node | undefined {
  const base = {
    path,
    mode: Number(stats.mode & 0o7777n),
    uid: 0,
    gid: 0,
    mtime: Number(stats.mtimeNs / 1000n) / 1e6,
    clock: true,
  };
  if (stats.isFile()) {
    const { mode, mtime } = base;
    const content = { kind: 'file', path: joinPath(root, path) } as const;
    // Written out: objects that others are spread into take three times the memory.
    const size = Number(stats.size);
    const file: FileEntry = { type: 'file', path, mode, uid: 0, gid: 0, mtime, clock: true, size, content };
    return stats.nlink > 1n ? { ...file, link: `${stats.dev}:${stats.ino}` } : file;
  }
  if (stats.isDirectory()) return { ...base, type: 'directory' };
  if (stats.isSymbolicLink()) {
    return {
      ...base,
      type: 'symlink',
      mode: 0o777,
      target: decodePath(readlinkSync(onDisk(root, path), 'buffer')),
    };
  }
  if (stats.isFIFO()) return { ...base, type: 'fifo' };
  // A socket has no content to copy; BuildKit leaves an empty file in its place.
  if (stats.isSocket())
    return { ...base, type: 'file', size: 0, content: { kind: 'inline', bytes: new Uint8Array() } };
  const device = { major: majorOf(stats.rdev), minor: minorOf(stats.rdev) };
  return { ...base, type: stats.isBlockDevice() ? 'block' : 'char', ...device };
}

// glibc's encoding of dev_t (sys/sysmacros.h)
function majorOf(device: bigint): number {
  return Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n));
}

function minorOf(device: bigint): number {
  return Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n));
}

function unreadable(path: string, cause: unknown): DecantError {
  return new DecantError('FILE_UNREADABLE', `cannot read "/${path}" of the build context`, {
    cause,
    hint: 'make it readable, or leave it out with .dockerignore',
  });
}
