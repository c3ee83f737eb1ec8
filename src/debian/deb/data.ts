/** data.tar without its compression, in one temporary file; and as a layer whose contents are parts of that file. */
import { randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArMember } from '../../codec/ar.ts';
import { fromSystemError } from '../../errors.ts';
import type { Layer } from '../../tree/entry.ts';
import { layerFromTar } from '../../tree/from-tar.ts';
import { fastXz, plainMember, type XzDecoder } from './member.ts';

/** Debian's largest packages unpack to a few gigabytes. */
const MAX_DATA_BYTES = 32 * 1024 ** 3;
/** Real packages grow ten times, fonts and tables fifty times; anything may grow to the first of these. */
const FREE_BYTES = 64 * 1024 * 1024;
const MAX_RATIO = 500;

export interface DataOptions {
  readonly temporary: () => Promise<string>;
  readonly xz?: XzDecoder;
}

/** @throws DecantError ARCHIVE_INVALID, ARCHIVE_UNSAFE, ARCHIVE_TOO_LARGE, DISK_FULL */
export async function readData(
  member: ArMember,
  name: string,
  { temporary, xz }: DataOptions,
): Promise<Layer> {
  const path = join(await temporary(), `data-${randomBytes(8).toString('hex')}.tar`);
  const file = await open(path, 'wx', 0o600);
  try {
    return await unpacked(member, { name, file, xz }, async (tar) => {
      const layer = await layerFromTar(withoutReturn(tar), {
        what: `${name}: data.tar`,
        content: (offset) => ({ kind: 'file', path, offset }),
        whiteouts: false,
        absolute: 'root',
      });
      await drain(tar);
      return layer;
    });
  } catch (error) {
    throw fromSystemError(error, `unpacking ${name}`);
  } finally {
    await file.close();
  }
}

/** Only the file, for a package that was read before. Throws as `readData` does. */
export async function writeData(member: ArMember, name: string, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await unpacked(member, { name, file }, drain);
  } catch (error) {
    throw fromSystemError(error, `unpacking ${name}`);
  } finally {
    await file.close();
  }
}

interface Target {
  readonly name: string;
  readonly file: FileHandle;
  readonly xz?: XzDecoder | undefined;
}

/** @param read Is given the archive as it is written to the file, and reads all of it. */
async function unpacked<T>(
  member: ArMember,
  { name, file, xz = fastXz }: Target,
  read: (tar: AsyncGenerator<Uint8Array>) => Promise<T>,
): Promise<T> {
  const maxBytes = Math.min(MAX_DATA_BYTES, FREE_BYTES + member.size * MAX_RATIO);
  const tar = plainMember(member, 'data.tar', { name, maxBytes, xz });
  try {
    return await read(copying(tar, file));
  } finally {
    await tar.return(undefined);
  }
}

/** What follows the end of an archive says whether the compressed data was whole. */
async function drain(tar: AsyncGenerator<Uint8Array>): Promise<void> {
  for await (const _rest of tar);
}

async function* copying(source: AsyncIterable<Uint8Array>, file: FileHandle): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
    yield chunk;
  }
}

/** The same stream, which goes on for others when its reader has enough. */
function withoutReturn(stream: AsyncGenerator<Uint8Array>): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => stream.next() }) };
}
