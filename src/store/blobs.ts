/**
 * Blobs by digest: `blobs/sha256/<hex>` (OCI image-spec, image-layout.md, "Blobs"). A blob is there entirely or not
 * at all. Whoever writes blobs holds `store.use()` until something refers to them, else `prune` may take them away.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';

import { sha256, verified } from '../codec/digest.ts';
import { DecantError } from '../errors.ts';
import { digestHex } from '../oci/digest.ts';
import { damaged } from '../oci/json.ts';
import { removeFile, storeError, syncFolderAsync, writeFileAtomic } from './files.ts';
import type { StoreLayout } from './layout.ts';
import type { Origin, Origins } from './origins.ts';
import type { TemporaryFolders } from './tmp.ts';
import { writeBehind } from './write-behind.ts';

export interface BlobInfo {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface ExpectedBlob {
  readonly digest?: string | undefined;
  readonly size?: number | undefined;
}

export interface ReadOptions {
  readonly verify?: boolean;
  readonly size?: number;
  /** Who takes the chunks is done with one when asking for the next: their memory is used again. */
  readonly reusesChunks?: boolean;
}

export interface Blobs {
  /** Where the blob is, or would be. */
  readonly path: (digest: string) => string;
  readonly has: (digest: string) => boolean;
  readonly stat: (digest: string) => { readonly size: number; readonly mtimeMs: number } | undefined;
  /**
   * Stores a stream. A blob that is there already with the expected digest (and size) is not read again. Throws
   * DIGEST_MISMATCH, DISK_FULL, STORE_UNWRITABLE and whatever the source throws; nothing is left behind then.
   */
  readonly put: (source: AsyncIterable<Uint8Array>, expected?: ExpectedBlob) => Promise<BlobInfo>;
  /** Stores some bytes; a file that is there already is compared, and replaced if it is damaged. */
  readonly putBytes: (bytes: Uint8Array) => Promise<BlobInfo>;
  /** The blob's bytes, verified on the way unless told otherwise: the last chunk comes once the digest agrees. */
  readonly read: (digest: string, options?: ReadOptions) => AsyncIterable<Uint8Array>;
  /** A small blob at once, verified. Throws IMAGE_DAMAGED when it is missing or larger than `maxBytes`. */
  readonly readBytes: (digest: string, maxBytes: number) => Promise<Buffer>;
  /** A small blob's JSON, verified. The value is a stranger's: check it. Throws IMAGE_DAMAGED. */
  readonly readJson: (digest: string, maxBytes?: number) => Promise<unknown>;
  /**
   * Gets a blob that is not here but could be (see origins.ts), unless it is here. Throws IMAGE_DAMAGED when nobody
   * knows where it is to be had, and whatever getting it throws.
   */
  readonly ensure: (digest: string) => Promise<void>;
  /** Whether there was one. */
  readonly remove: (digest: string) => Promise<boolean>;
}

const MAX_JSON_BYTES = 4 * 1024 * 1024;
/** Chunks smaller than this are gathered: a packed layer comes as many headers of 512 bytes. */
const GATHER_BYTES = 512 * 1024;
const READ_BYTES = 256 * 1024;

/** Gets a blob that the store lacks from where its origin says, and puts it there. */
export type Supply = (origin: Origin, put: Blobs['put']) => Promise<unknown>;

export function blobsOf(
  layout: StoreLayout,
  tmp: TemporaryFolders,
  origins: Pick<Origins, 'get'>,
  supply?: Supply,
): Blobs {
  const folder = layout.path('blobs', 'sha256');
  const path = (digest: string): string => `${folder}/${digestHex(digest)}`;
  const stat = (digest: string): { size: number; mtimeMs: number } | undefined => {
    const found = statSync(path(digest), { throwIfNoEntry: false });
    return found?.isFile() ? { size: found.size, mtimeMs: found.mtimeMs } : undefined;
  };

  const put = async (source: AsyncIterable<Uint8Array>, expected: ExpectedBlob = {}): Promise<BlobInfo> => {
    if (expected.digest !== undefined) {
      const there = stat(expected.digest);
      if (there && (expected.size === undefined || expected.size === there.size)) {
        return { digest: expected.digest, size: there.size };
      }
    }
    const temporary = await tmp.path();
    try {
      const info = await writeHashed(source, temporary, expected);
      const done = async (): Promise<void> => {
        await rename(temporary, path(info.digest));
        await syncFolderAsync(folder);
      };
      await ours(done(), folder, storeError);
      return info;
    } catch (error) {
      removeFile(temporary);
      throw error;
    }
  };

  const coming = new Map<string, Promise<unknown>>();
  const ensure = async (digest: string): Promise<void> => {
    if (stat(digest)) return;
    const origin = origins.get(digest);
    if (!origin) throw missing(digest);
    if (!supply) throw elsewhere(origin);
    // Several readers of one blob wait for one download.
    const under = coming.get(digest) ?? supply(origin, put).finally(() => coming.delete(digest));
    coming.set(digest, under);
    await under;
  };

  const read = (digest: string, options: ReadOptions = {}): AsyncIterable<Uint8Array> => {
    const bytes = readFile(path(digest), () => ensure(digest), options.reusesChunks ?? false);
    return (options.verify ?? true)
      ? verified(bytes, { digest, size: options.size }, `blob ${digest}`)
      : bytes;
  };

  const readBytes = (digest: string, maxBytes: number): Promise<Buffer> => {
    const found = stat(digest);
    if (!found) return ensure(digest).then(() => readBytes(digest, maxBytes));
    if (found.size > maxBytes) {
      return Promise.reject(
        damaged(`blob ${digest} is too large: ${found.size} bytes, at most ${maxBytes} are read`),
      );
    }
    // One call instead of a stream: documents of a few kilobytes are on the way of every cached build.
    const bytes = readFileSync(path(digest));
    if (sha256(bytes) === digest) return Promise.resolve(bytes);
    return Promise.reject(
      new DecantError(
        'DIGEST_MISMATCH',
        `blob ${digest} in the store is damaged: its bytes have another digest`,
        {
          hint: 'build, load or pull the image again: that puts the right bytes in place',
        },
      ),
    );
  };

  return {
    path,
    has: (digest) => stat(digest) !== undefined,
    stat,
    put,
    putBytes: async (bytes) => {
      layout.ensure();
      const digest = sha256(bytes);
      const there = stat(digest)?.size === bytes.byteLength;
      if (!there || sha256(readFileSync(path(digest))) !== digest) {
        writeFileAtomic(path(digest), bytes, await tmp.path());
      }
      return { digest, size: bytes.byteLength };
    },
    read,
    readBytes,
    readJson: async (digest, maxBytes = MAX_JSON_BYTES) => {
      const bytes = await readBytes(digest, maxBytes);
      try {
        return JSON.parse(bytes.toString('utf8')) as unknown;
      } catch (error) {
        throw damaged(`blob ${digest} is not valid JSON`, error);
      }
    },
    ensure,
    remove: (digest) => Promise.resolve().then(() => removeFile(path(digest))),
  };
}

/** What a failed system call means; the source's own errors are passed on as they are. */
type Explain = (error: unknown, path: string) => unknown;

/**
 * Writes a stream to a new file, fsynced, and says its digest and size. Throws DIGEST_MISMATCH as soon as it does not
 * agree with what is expected. The caller removes the file when this throws.
 */
export async function writeHashed(
  source: AsyncIterable<Uint8Array>,
  file: string,
  expected: ExpectedBlob = {},
  explain: Explain = storeError,
): Promise<BlobInfo> {
  const handle = await ours(open(file, 'wx', 0o644), file, explain);
  try {
    const hash = createHash('sha256');
    const behind = writeBehind(handle);
    const write = async (bytes: Uint8Array): Promise<void> => {
      await ours(writeChunk(handle, bytes), file, explain);
      behind.wrote(bytes.byteLength);
    };
    const size = await writeAll(source, write, hash, expected);
    const digest = `sha256:${hash.digest('hex')}`;
    if (expected.size !== undefined && size !== expected.size) {
      throw mismatch(expected, `it has ${size} bytes where ${expected.size} were expected`);
    }
    if (expected.digest !== undefined && digest !== expected.digest) {
      throw mismatch(expected, `its digest is ${digest}`);
    }
    await ours(behind.finish(), file, explain);
    return { digest, size };
  } finally {
    await handle.close();
  }
}

async function ours<T>(work: Promise<T>, path: string, explain: Explain): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw explain(error, path);
  }
}

async function writeAll(
  source: AsyncIterable<Uint8Array>,
  write: (bytes: Uint8Array) => Promise<void>,
  hash: Hash,
  expected: ExpectedBlob,
): Promise<number> {
  const gathered = Buffer.allocUnsafe(GATHER_BYTES);
  let filled = 0;
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (expected.size !== undefined && size > expected.size) {
      throw mismatch(expected, `it is larger than the ${expected.size} bytes expected`);
    }
    hash.update(chunk);
    if (filled + chunk.byteLength > GATHER_BYTES) {
      await write(gathered.subarray(0, filled));
      filled = 0;
    }
    if (chunk.byteLength > GATHER_BYTES) {
      await write(chunk);
    } else {
      gathered.set(chunk, filled);
      filled += chunk.byteLength;
    }
  }
  await write(gathered.subarray(0, filled));
  return size;
}

async function writeChunk(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.byteLength) written += (await handle.write(bytes, written)).bytesWritten;
}

async function* readFile(
  file: string,
  ensure: () => Promise<void>,
  reusesChunks: boolean,
): AsyncGenerator<Uint8Array> {
  await ensure();
  if (reusesChunks) yield* readInTurns(file);
  else yield* createReadStream(file, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>;
}

async function* readInTurns(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file, 'r');
  // Two, because whoever verifies holds one back.
  const turns = [Buffer.allocUnsafe(READ_BYTES), Buffer.allocUnsafe(READ_BYTES)] as const;
  try {
    for (let turn: 0 | 1 = 0; ; turn = turn === 0 ? 1 : 0) {
      const { bytesRead, buffer } = await handle.read(turns[turn], 0, READ_BYTES);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function missing(digest: string): DecantError {
  return damaged(`blob ${digest} is missing from the store`);
}

function elsewhere({ digest, repositories }: Origin): DecantError {
  return new DecantError(
    'OFFLINE',
    `blob ${digest} is not in the store: it was left in ${repositories[0] ?? 'its registry'}`,
    { hint: 'get it with `decant pull`' },
  );
}

function mismatch(expected: ExpectedBlob, why: string): DecantError {
  return new DecantError(
    'DIGEST_MISMATCH',
    `blob ${expected.digest ?? 'of unknown digest'} is not what it should be: ${why}`,
  );
}
