/**
 * Opening contents: what a file entry refers to, as bytes. A compressed blob cannot be read at an offset, so one that
 * files are wanted from is decompressed once into a temporary file, checked against its digest on the way.
 */
import { closeSync, createReadStream, createWriteStream, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress, detectCompression } from '../../codec/compression.ts';
import { digestOf, sha256 } from '../../codec/digest.ts';
import { encodePath, isPlainPath } from '../../codec/path.ts';
import { DecantError, fromSystemError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';

/** Files up to this size are read at once; the rest is streamed. */
const SMALL_FILE = 256 * 1024;
const STREAM_CHUNK = 1024 * 1024;

/** @param temporary A directory that lives as long as what is opened is read. */
export function openContents(store: Store, temporary: () => Promise<string>): OpenContent {
  const plain = new Map<string, Promise<string>>();
  const plainBlob = (digest: string): Promise<string> => {
    let path = plain.get(digest);
    if (!path) plain.set(digest, (path = decompressed(store, digest, temporary)));
    return path;
  };
  return (entry) => {
    const { content, size } = entry;
    if (content.kind === 'inline') return content.bytes;
    if (size === 0) return new Uint8Array();
    if (content.kind === 'blob') return readBlob(plainBlob(content.blob), content.offset, entry);
    const path = isPlainPath(content.path) ? content.path : encodePath(content.path);
    if (size <= SMALL_FILE) return readPart(path, content.offset ?? 0, size, entry);
    return streamPart(path, content.offset ?? 0, size);
  };
}

function readPart(path: string | Buffer, offset: number, size: number, entry: FileEntry): Uint8Array {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, 'r');
    // One byte more than expected tells a file that has grown from one that has not.
    const bytes = Buffer.allocUnsafe(
      entry.content.kind === 'file' && entry.content.offset === undefined ? size + 1 : size,
    );
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, offset + length);
    }
    return bytes.subarray(0, length);
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read "${String(path)}"`, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function streamPart(path: string | Buffer, start: number, size: number): AsyncIterable<Uint8Array> {
  return createReadStream(path, {
    start,
    end: start + size - 1,
    highWaterMark: STREAM_CHUNK,
  }) as AsyncIterable<Uint8Array>;
}

async function* readBlob(
  path: Promise<string>,
  offset: number,
  entry: FileEntry,
): AsyncGenerator<Uint8Array> {
  const file = await path;
  if (entry.size <= SMALL_FILE) yield readPart(file, offset, entry.size, entry);
  else yield* streamPart(file, offset, entry.size);
}

async function decompressed(store: Store, digest: string, temporary: () => Promise<string>): Promise<string> {
  const kind = detectCompression(await head(store.blobs.path(digest)));
  if (kind === 'none') return store.blobs.path(digest);
  const path = join(await temporary(), `blob-${digest.slice('sha256:'.length)}`);
  const bytes = decompress(store.blobs.read(digest, { verify: true }), kind);
  try {
    await pipeline(Readable.from(bytes, { objectMode: false }), createWriteStream(path));
  } catch (error) {
    throw fromSystemError(error, 'unpacking a layer');
  }
  return path;
}

async function head(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** sha256 of a file's content, wherever that is. */
export async function digestOfFile(open: OpenContent, file: FileEntry): Promise<string> {
  const content = open(file);
  return content instanceof Uint8Array ? sha256(content) : (await digestOf(content)).digest;
}
