/** data.tar as a layer: unpacked into one temporary file, which the layer's contents are parts of. */
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
  { temporary, xz = fastXz }: DataOptions,
): Promise<Layer> {
  const maxBytes = Math.min(MAX_DATA_BYTES, FREE_BYTES + member.size * MAX_RATIO);
  const tar = plainMember(member, 'data.tar', { name, maxBytes, xz });
  const path = join(await temporary(), `data-${randomBytes(8).toString('hex')}.tar`);
  const file = await open(path, 'wx', 0o600);
  try {
    const copied = copying(tar, file);
    const layer = await layerFromTar(withoutReturn(copied), {
      what: `${name}: data.tar`,
      content: (offset) => ({ kind: 'file', path, offset }),
      whiteouts: false,
      absolute: 'root',
    });
    // What follows the end of the archive says whether the compressed data was whole.
    for await (const _rest of copied);
    return layer;
  } catch (error) {
    throw fromSystemError(error, `unpacking ${name}`);
  } finally {
    await tar.return(undefined);
    await file.close();
  }
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
