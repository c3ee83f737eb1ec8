/**
 * Opening contents: what a file entry refers to, as bytes. A compressed blob cannot be read at an offset, so one that
 * files are wanted from is decompressed once into a temporary file, checked against its digest on the way.
 */
import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress, detectCompression } from '../codec/compression.ts';
import { digestOf, sha256 } from '../codec/digest.ts';
import { encodePath, isPlainPath } from '../codec/path.ts';
import { DecantError, fromSystemError } from '../errors.ts';
import type { FileEntry } from '../tree/entry.ts';
import type { OpenContent } from '../tree/pack.ts';
import { ARCHIVE_LIMITS } from './archive-limits.ts';
import type { Store } from './store.ts';

/** Files up to this size are read at once; the rest is streamed. */
const SMALL_FILE = 256 * 1024;
const MEDIUM_FILE = 16 * 1024 * 1024;
const STREAM_CHUNK = 1024 * 1024;

/** Where blobs are. */
export interface BlobFiles {
  /** The blob's bytes, verified on the way. */
  readonly read: (digest: string) => AsyncIterable<Uint8Array>;
  /** The file that has these bytes, once they were read; undefined where none has. */
  readonly path: (digest: string) => string | undefined;
}

/** @param temporary A directory that lives as long as what is opened is read. */
export function openContents(store: Store, temporary: () => Promise<string>): OpenContent {
  return openContentsOf(
    { read: (digest) => store.blobs.read(digest), path: store.blobs.path },
    temporary,
    join(store.root, 'layers'),
  );
}

/** The same for blobs that are elsewhere. `layers` is the folder of unpacked layers, for messages. */
export function openContentsOf(
  blobs: BlobFiles,
  temporary: () => Promise<string>,
  layers?: string,
): OpenContent {
  const plain = new Map<string, Promise<string>>();
  const plainBlob = (digest: string): Promise<string> => {
    let path = plain.get(digest);
    if (!path) plain.set(digest, (path = decompressed(blobs, digest, temporary)));
    return path;
  };
  return (entry, room) => {
    const { content, size } = entry;
    if (content.kind === 'inline') return content.bytes;
    if (size === 0) return new Uint8Array();
    if (content.kind === 'blob') return readBlob(plainBlob(content.blob), content.offset, entry);
    const path = isPlainPath(content.path) ? content.path : encodePath(content.path);
    const explain: Explain = (error) => unreadable(layers, content.path, error);
    if (size <= SMALL_FILE) return readPart(path, content.offset ?? 0, size, entry, explain, room);
    return streamPart(path, content.offset ?? 0, size, explain, room);
  };
}

type Explain = (error: unknown) => unknown;

/** A file that an unpacked layer lists is the store's to have; any other may have gone away by itself. */
function unreadable(layers: string | undefined, path: string, cause: unknown): unknown {
  if (layers === undefined || !isBelow(path, layers))
    return new DecantError('FILE_UNREADABLE', `cannot read "${path}"`, { cause });
  return new DecantError('STORE_DAMAGED', `an unpacked layer lacks a file: ${path}`, {
    cause,
    hint: 'remove what can be made again with `decant prune --all`, and build again',
  });
}

function isBelow(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`);
}

function readPart(
  path: string | Buffer,
  offset: number,
  size: number,
  entry: FileEntry,
  explain: Explain,
  room?: Buffer,
): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    // One byte more than expected tells a file that has grown from one that has not.
    const most = entry.content.kind === 'file' && entry.content.offset === undefined ? size + 1 : size;
    const bytes = room && room.length >= most ? room.subarray(0, most) : Buffer.allocUnsafe(most);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, offset + length);
    }
    return bytes.subarray(0, length);
  } catch (error) {
    throw explain(error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

async function* streamPart(
  path: string | Buffer,
  start: number,
  size: number,
  explain: Explain,
  room?: Buffer,
): AsyncGenerator<Uint8Array> {
  const range = { start, end: start + size - 1, highWaterMark: STREAM_CHUNK };
  try {
    if (room) yield* piecesIn(room, path, start, size);
    else yield* createReadStream(path, range) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw explain(error);
  }
}

/** Through the same memory again and again: megabytes that are new each time stay until somebody sweeps. */
function* piecesIn(room: Buffer, path: string | Buffer, start: number, size: number): Generator<Uint8Array> {
  const descriptor = openSync(path, 'r');
  try {
    for (let at = 0; at < size;) {
      const length = readSync(descriptor, room, 0, Math.min(room.length, size - at), start + at);
      if (length === 0) return;
      yield room.subarray(0, length);
      at += length;
    }
  } finally {
    closeSync(descriptor);
  }
}

async function* readBlob(
  path: Promise<string>,
  offset: number,
  entry: FileEntry,
): AsyncGenerator<Uint8Array> {
  const file = await path;
  const explain: Explain = (error) => error;
  if (entry.size <= SMALL_FILE) yield readPart(file, offset, entry.size, entry, explain);
  else yield* streamPart(file, offset, entry.size, explain);
}

async function decompressed(
  blobs: BlobFiles,
  digest: string,
  temporary: () => Promise<string>,
): Promise<string> {
  const kind = detectCompression(await head(blobs, digest));
  const there = kind === 'none' ? blobs.path(digest) : undefined;
  if (there !== undefined) {
    // Read through once to know it for what it should be; parts of it could not tell.
    await digestOf(blobs.read(digest));
    return there;
  }
  const path = join(await temporary(), `blob-${digest.slice('sha256:'.length)}`);
  const bytes = decompress(blobs.read(digest), kind, { ...ARCHIVE_LIMITS, name: `blob ${digest}` });
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(path));
  } catch (error) {
    throw fromSystemError(error, 'unpacking a layer');
  }
  return path;
}

async function head(blobs: BlobFiles, digest: string): Promise<Uint8Array> {
  for await (const chunk of blobs.read(digest)) return chunk;
  return new Uint8Array();
}

/** sha256 of a file's content, wherever that is. */
export async function digestOfFile(open: OpenContent, file: FileEntry): Promise<string> {
  // Waiting for the disk beside the work, piece by piece, pays for large files only.
  const room =
    file.size > SMALL_FILE && file.size <= MEDIUM_FILE ? Buffer.allocUnsafe(SMALL_FILE) : undefined;
  const content = open(file, room);
  return content instanceof Uint8Array ? sha256(content) : (await digestOf(content)).digest;
}
