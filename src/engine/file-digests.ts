/**
 * Digests of context files, remembered between builds by size, times and inode, as git's index does: only what is new
 * is read. A file so young that a later write could carry the same time stamp is not trusted ("racily clean").
 */
import { createHash, hash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { encodePath, isPlainPath } from '../codec/path.ts';
import { DecantError } from '../errors.ts';
import { MAX_RECORD_BYTES } from '../store/cache.ts';
import type { Store } from '../store/store.ts';
import type { FileEntry, Node } from '../tree/entry.ts';
import { joinPath } from '../tree/path.ts';
import { stampOf } from './context.ts';
import type { ContextTree } from './context.ts';
import { keyOf } from './content-key.ts';
import { digestTable } from './digest-table.ts';
import type { FileStamp } from './digest-table.ts';

export interface FileDigests {
  /** @throws DecantError FILE_UNREADABLE */
  readonly digestOf: (file: FileEntry) => string | Promise<string>;
  /**
   * A build looks at files twice, when it finds keys and when it copies; what it copies under a key must be what that
   * was found of.
   *
   * @throws DecantError COPY_FAILED where another file, or none, stands where one was whose digest was asked for
   */
  readonly checkSame: (path: string, node: Node | undefined) => void;
  /** Writes what was learned to the store. */
  readonly save: () => Promise<void>;
}

const KIND = 'file-digests';
/** Files up to this size are read in one go; larger ones as a stream, so that other steps get their turn. */
const SMALL_FILE = 1024 * 1024;
/** Time stamps can lag behind the clock by one tick of the kernel's (10 ms at 100 Hz), on some file systems by 2 s. */
const FINE_TICK = 20_000_000n;
const COARSE_TICK = 2_100_000_000n;
/** Room for what stands before the table in its record. */
const MAX_TABLE_BYTES = MAX_RECORD_BYTES - 64 * 1024;

/** @param onFile Told of each file once, when its digest is first asked for. */
export function fileDigests(
  context: ContextTree,
  store: Store,
  onFile?: (path: string, size: number) => void,
): FileDigests {
  const key = keyOf('context', context.root);
  const table = digestTable(store.cache.getBytes(KIND, key));
  const note = ({ path, size }: FileEntry): void => {
    if (table.note(path)) onFile?.(path, size);
  };
  const remember = (file: FileEntry, stamp: FileStamp, digest: string): string => {
    table.put(file.path, stamp, digest, isSettled(stamp));
    note(file);
    return digest;
  };

  return {
    digestOf(file) {
      if (file.content.kind === 'inline') return sha256(file.content.bytes);
      const stamp = stampOf(file);
      const known = table.digestOf(file.path, stamp);
      if (known !== undefined) {
        note(file);
        return known;
      }
      const path = onDisk(context, file.path);
      if (file.size <= SMALL_FILE) return remember(file, stamp, readSmall(path, file.size, file.path));
      return readLarge(path).then((digest) => remember(file, stamp, digest));
    },
    checkSame(path, node) {
      const stamp = node?.type === 'file' && node.content.kind === 'file' ? stampOf(node) : undefined;
      if (!table.wasAnother(path, stamp)) return;
      throw new DecantError('COPY_FAILED', `"/${path}" of the build context changed during the build`, {
        hint: 'nothing may write to the build context during a build; run the command again',
      });
    },
    async save() {
      const pieces = table.pieces(MAX_TABLE_BYTES);
      if (pieces) await store.cache.putBytes(KIND, key, pieces);
    },
  };
}

function isSettled({ mtimeNs, ctimeNs }: FileStamp): boolean {
  const latest = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
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
  const sum = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: SMALL_FILE }))
    sum.update(chunk as Buffer);
  return `sha256:${sum.digest('hex')}`;
}

function sha256(bytes: Uint8Array): string {
  return `sha256:${hash('sha256', bytes)}`;
}
