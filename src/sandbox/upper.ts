/**
 * Reads what a process wrote: the upper directory of an overlay as the entries of a layer (Documentation/filesystems/
 * overlayfs.rst, "whiteouts and opaque directories"; OCI image-spec, layer.md). Nothing is copied: the contents stay
 * where they are and entries refer to them.
 */
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { decodePath, encodePath, isPlainPath } from '../codec/path.ts';
import type { Entry } from '../tree/entry.ts';
import { readXattrs } from './xattrs.ts';
import type { XattrMap } from './xattrs.ts';

export interface UpperOptions {
  /** When the process started, in milliseconds since the epoch: what is not older was written by it. */
  readonly startedAt: number;
  readonly userNamespace: boolean;
  /**
   * What the layers below have at a path. With it, whiteouts that remove nothing are left out, and so are the opaque
   * flags that the kernel puts on every new directory, where there is nothing to hide.
   */
  readonly below?: (path: string) => Entry | undefined;
  /** The extended attributes, where they were listed before. */
  readonly attributes?: XattrMap | undefined;
}

/** The kernel stamps files with the time of its last tick, at most this much behind the clock. */
const CLOCK_TICK_MILLISECONDS = 10;
/** Entries between two turns of the event loop. */
const SLICE = 1000;

/** Entries sorted by path, without the root. Sockets are left out: a layer has no type for them (and no use). */
export async function readUpper(directory: string, options: UpperOptions): Promise<Entry[]> {
  const found: Found[] = [];
  const top = names(directory);
  if (top.length === 0) return [];
  const xattrs = options.attributes ? Promise.resolve(options.attributes) : readXattrs(directory);
  // Waited for below, after the walk; until then a failure must not count as unhandled.
  xattrs.catch(() => undefined);
  const pending: string[] = [''];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const name of names(onDisk(directory, path))) {
      const child = path === '' ? name : `${path}/${name}`;
      const stats = lstatSync(onDisk(directory, child));
      found.push({ path: child, stats });
      if (stats.isDirectory()) pending.push(child);
      if (found.length % SLICE === 0) await setImmediate();
    }
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  const attributes = await xattrs;
  return found.flatMap(({ path, stats }) => toEntry(directory, path, stats, attributes, options) ?? []);
}

interface Found {
  readonly path: string;
  readonly stats: Stats;
}

/** Names as Node decodes them, unless one has bytes that are not UTF-8; then all of them again, as bytes. */
function names(directory: string | Buffer): string[] {
  const decoded = readdirSync(directory);
  if (!decoded.some((name) => name.includes('\uFFFD'))) return decoded;
  return readdirSync(directory, { encoding: 'buffer' }).map(decodePath);
}

function onDisk(directory: string, path: string): string | Buffer {
  const full = path === '' ? directory : `${directory}/${path}`;
  return isPlainPath(full) ? full : encodePath(full);
}

function toEntry(
  directory: string,
  path: string,
  stats: Stats,
  attributes: XattrMap,
  options: UpperOptions,
): Entry | undefined {
  const all = attributes.get(path);
  const xattrs = all && layerXattrs(all);
  const mtime = stats.mtimeMs / 1000;
  const base = {
    path,
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    mtime,
    ...(stats.mtimeMs >= options.startedAt - CLOCK_TICK_MILLISECONDS ? { clock: true } : {}),
    ...(xattrs ? { xattrs } : {}),
  };
  if (stats.isFile()) {
    const file = {
      ...base,
      type: 'file' as const,
      size: stats.size,
      content: { kind: 'file' as const, path: `${directory}/${path}` },
    };
    return stats.nlink > 1 ? { ...file, link: String(stats.ino) } : file;
  }
  if (stats.isDirectory()) {
    const opaque = isOpaque(all, options) && (!options.below || options.below(path)?.type === 'directory');
    return { ...base, type: 'directory', ...(opaque ? { opaque } : {}) };
  }
  if (stats.isSymbolicLink()) {
    const target = readlinkSync(onDisk(directory, path), { encoding: 'buffer' });
    return { ...base, type: 'symlink', target: decodePath(target) };
  }
  if (stats.isFIFO()) return { ...base, type: 'fifo' };
  if (stats.isCharacterDevice() && stats.rdev === 0) {
    if (options.below && !options.below(path)) return undefined;
    return { type: 'whiteout', path, mode: 0, uid: 0, gid: 0, mtime: 0 };
  }
  if (stats.isCharacterDevice() || stats.isBlockDevice()) {
    return { ...base, type: stats.isBlockDevice() ? 'block' : 'char', ...deviceNumbers(stats.rdev) };
  }
  return undefined;
}

/** What the overlay keeps for itself in attributes, and labels of this machine's security modules, are no content. */
function layerXattrs(all: Readonly<Record<string, Uint8Array>>): Record<string, Uint8Array> | undefined {
  const kept = Object.entries(all).filter(
    ([name]) =>
      name === 'security.capability' || (name.startsWith('user.') && !name.startsWith('user.overlay.')),
  );
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

function isOpaque(all: Readonly<Record<string, Uint8Array>> | undefined, options: UpperOptions): boolean {
  const value = all?.[options.userNamespace ? 'user.overlay.opaque' : 'trusted.overlay.opaque'];
  return value !== undefined && value[0] === 0x79;
}

/** glibc's gnu_dev_major and gnu_dev_minor; the number has up to 44 bits, too many for JavaScript's shifts. */
function deviceNumbers(rdev: number): { readonly major: number; readonly minor: number } {
  const number = BigInt(rdev);
  return {
    major: Number(((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n)),
    minor: Number((number & 0xffn) | ((number >> 12n) & 0xffffff00n)),
  };
}
