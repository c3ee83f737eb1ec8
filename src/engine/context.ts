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
import type { FileStamp } from './digest-table.ts';

export interface ContextTree extends Tree {
  /** The directory, absolute. */
  readonly root: string;
}

/**
 * Contexts can have very many files, so none of them is kept: whoever looks at one twice has it read twice, and may see
 * that it has changed (`stampOf`). What is no file, and which names a directory has, stays as it was first seen.
 */
export function contextTree(root: string): ContextTree {
  const others = new Map<string, Node>();
  /** Names joined by what none of them can have: as arrays of texts they would take six times the memory. */
  const lists = new Map<string, string>();
  return {
    root,
    get(path) {
      const known = others.get(path);
      if (known) return known;
      const node = read(root, path);
      if (node && !('stamp' in node)) others.set(path, node);
      return node;
    },
    list(directory) {
      let names = lists.get(directory);
      if (names === undefined) lists.set(directory, (names = namesIn(root, directory).join('/')));
      return names === '' ? [] : names.split('/');
    },
  };
}

/** A regular file on disk. The stamp is that of the moment when it was looked at. */
interface ContextFile extends FileEntry {
  readonly stamp: FileStamp;
}

/** The stamp of a regular file that a context's `get` returned. */
export function stampOf(file: FileEntry): FileStamp {
  const { stamp } = file as Partial<ContextFile>;
  if (!stamp) throw new TypeError(`no regular file of a context: ${file.path}`);
  return stamp;
}

function read(root: string, path: string): Node | undefined {
  const stats = statOf(root, path);
  return stats && nodeOf(root, path, stats);
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
  const mode = Number(stats.mode & 0o7777n);
  const mtime = Number(stats.mtimeNs / 1000n) / 1e6;
  if (stats.isFile()) {
    const content = { kind: 'file', path: joinPath(root, path) } as const;
    // Written out: objects that others are spread into take ten times the memory.
    const file: ContextFile = {
      type: 'file',
      path,
      mode,
      uid: 0,
      gid: 0,
      mtime,
      clock: true,
      size: Number(stats.size),
      content,
      stamp: stats,
    };
    return stats.nlink > 1n ? { ...file, link: `${stats.dev}:${stats.ino}` } : file;
  }
  const base = { path, mode, uid: 0, gid: 0, mtime, clock: true };
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
