/**
 * Writing files so that a reader sees the old or the new one and never a part, whatever is killed when: temporary
 * file, fsync, rename, fsync of the folder (rename(2), fsync(2): a new name is durable only once its folder is).
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { DecantError, fromSystemError, systemCode } from '../errors.ts';

const UNWRITABLE = new Set(
  'EACCES EPERM EROFS ENOTDIR EEXIST ENOENT ELOOP ENAMETOOLONG EISDIR EIO'.split(' '),
);

/** Replaces `path` by way of `temporary`, which is on the same file system. `durable: false` leaves out both fsyncs. */
export function writeFileAtomic(
  path: string,
  bytes: Uint8Array | readonly Uint8Array[],
  temporary: string,
  options: { readonly durable?: boolean } = {},
): void {
  const durable = options.durable ?? true;
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    try {
      for (const piece of bytes instanceof Uint8Array ? [bytes] : bytes) {
        let written = 0;
        while (written < piece.byteLength) written += writeSync(fd, piece, written);
      }
      if (durable) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
    if (durable) syncFolder(dirname(path));
  } catch (error) {
    removeFile(temporary);
    throw storeError(error, path);
  }
}

/**
 * Makes a folder and those above it; one that is there stays as it is. Node's own way of doing that (`recursive`) asks
 * again for ever where a folder cannot be made and the system says that its parent is not there, as it does in /proc.
 */
export function makeFolder(path: string, mode = 0o777): void {
  if (isMade(path, mode)) return;
  makeFolder(dirname(path), mode);
  isMade(path, mode);
}

/** False where the folder above has to be made first. */
function isMade(path: string, mode: number): boolean {
  try {
    mkdirSync(path, mode);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return true;
    if (code === 'ENOENT' && !existsSync(dirname(path))) return false;
    throw error;
  }
}

export function syncFolder(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

export async function syncFolderAsync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether there was a file to remove. */
export function removeFile(path: string): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw storeError(error, path);
  }
}

/** The file's bytes, or undefined when there is none. */
export function readIfPresent(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw storeError(error, path);
  }
}

/** What a failed system call on a file of the store means. */
export function storeError(error: unknown, path: string): unknown {
  const known = fromSystemError(error, `writing ${path}`);
  if (known !== error) return known;
  const code = systemCode(error);
  if (code === undefined || !UNWRITABLE.has(code)) return error;
  return new DecantError('STORE_UNWRITABLE', `cannot use ${path} in the store (${code})`, {
    cause: error,
    hint: 'set DECANT_HOME to a folder you can write to, or run as the user the store belongs to',
  });
}
