/**
 * Digests of context files, remembered between builds by size, times and inode, as git's index does: only what is new
 * is read. A file so young that a later write could carry the same time stamp is not trusted ("racily clean").
 */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { createReadStream } from 'node:fs';
import { encodePath, isPlainPath } from '../codec/path.ts';
import { DecantError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { FileEntry } from '../tree/entry.ts';
import { joinPath } from '../tree/path.ts';
import type { ContextTree, FileStamp } from './context.ts';
import { keyOf } from './content-key.ts';

export interface FileDigests {
  digestOf(file: FileEntry): string | Promise<string>;
  /** Writes what was learned to the store. */
  save(): Promise<void>;
}

/** By path: the stamp, a blank and the digest. */
type Rows = Record<string, string>;

/** Files up to this size are read in one go; larger ones as a stream, so that other steps get their turn. */
const SMALL_FILE = 1024 * 1024;
/** Time stamps can lag behind the clock by one tick of the kernel's (10 ms at 100 Hz), on some file systems by 2 s. */
const FINE_TICK = 20_000_000n;
const COARSE_TICK = 2_100_000_000n;

export function fileDigests(context: ContextTree, store: Store): FileDigests {
  const key = keyOf('context', context.root);
  // Files that this build does not look at keep their rows: another target may need them.
  const rows = (store.cache.getSync('context', key) ?? {}) as Rows;
  let isChanged = false;

  const remember = (path: string, stamp: FileStamp, digest: string): string => {
    if (isSettled(stamp)) {
      rows[path] = `${stamp} ${digest}`;
      isChanged = true;
    }
    return digest;
  };

  return {
    digestOf(file) {
      if (file.content.kind === 'inline') return sha256(file.content.bytes);
      const stamp = context.stamp(file.path);
      const row: unknown = rows[file.path];
      if (typeof row === 'string' && row.startsWith(`${stamp} `)) return row.slice(stamp.length + 1);
      const path = onDisk(context, file.path);
      if (file.size <= SMALL_FILE) return remember(file.path, stamp, readSmall(path, file.size, file.path));
      return readLarge(path).then((digest) => remember(file.path, stamp, digest));
    },
    async save() {
      if (!isChanged) return;
      await store.cache.put('context', key, rows, {});
    },
  };
}

function isSettled(stamp: FileStamp): boolean {
  const [, mtime = 0n, ctime = 0n] = stamp.split(' ').map(BigInt);
  const latest = mtime > ctime ? mtime : ctime;
  const tick = latest % 1_000_000_000n === 0n ? COARSE_TICK : FINE_TICK;
  return latest + tick < BigInt(Date.now()) * 1_000_000n;
}

function onDisk({ root }: ContextTree, path: string): string | Buffer {
  const full = joinPath(root, path);
  return isPlainPath(full) ? full : encodePath(full);
}

function readSmall(path: string | Buffer, size: number, name: string): string {
  const descriptor = open(path, name);
  try {
    const bytes = Buffer.allocUnsafe(size);
    let length = 0;
    for (let read = -1; read !== 0 && length < size; length += read)
      read = readSync(descriptor, bytes, length, size - length, null);
    return sha256(bytes.subarray(0, length));
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string | Buffer, name: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read "/${name}" of the build context`, {
      cause: error,
      hint: 'make it readable, or leave it out with .dockerignore',
    });
  }
}

async function readLarge(path: string | Buffer): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: SMALL_FILE }))
    hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
