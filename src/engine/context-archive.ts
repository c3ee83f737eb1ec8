/** A build context that comes as a tar archive, plain or compressed (`decant build - < context.tar.gz`). */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress, detectCompression } from '../codec/compression.ts';
import { collect } from '../codec/stream.ts';
import { DecantError, fromSystemError } from '../errors.ts';
import type { Layer } from '../tree/entry.ts';
import { ARCHIVE_LIMITS } from '../store/archive-limits.ts';
import { layerFromTar } from '../tree/from-tar.ts';

export interface ContextArchive {
  readonly layer: Layer;
  /** The text of a file at this path, or undefined where there is none. */
  readonly read: (path: string) => Promise<string | undefined>;
}

/** Dockerfiles and ignore files are text that someone wrote. */
const MAX_TEXT = 16 * 1024 * 1024;
const BLOCK = 512;
/** Of the magic in a ustar or GNU header. */
const MAGIC_OFFSET = 257;

/** @returns The archive, or the bytes again where they are not a tar. @throws DecantError ARCHIVE_UNSAFE, … */
export async function readContextArchive(
  bytes: AsyncIterable<Uint8Array>,
  temporary: () => Promise<string>,
): Promise<ContextArchive | { readonly text: AsyncIterable<Uint8Array> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  const head: Uint8Array[] = [];
  let length = 0;
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) {
    head.push(next.value);
    length += next.value.length;
    if (length >= BLOCK) break;
  }
  const all = rejoin(head, iterator);
  const start = Buffer.concat(head);
  const compression = detectCompression(start);
  const isTar = start.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 5).toString('latin1') === 'ustar';
  if (compression === 'none' && !isTar) return { text: all };

  const path = join(await temporary(), 'context.tar');
  try {
    await pipeline(
      Readable.from(decompress(all, compression, { ...ARCHIVE_LIMITS, name: 'the build context' }), {
        objectMode: false,
      }),
      createWriteStream(path),
    );
  } catch (error) {
    throw fromSystemError(error, 'taking in the build context');
  }
  const found = await layerFromTar(createReadStream(path), {
    what: 'the build context',
    content: (offset) => ({ kind: 'file', path, offset }),
    whiteouts: false,
    absolute: 'refuse',
  });
  // As with a directory, owners and times of a context say nothing about its content.
  const layer = { entries: found.entries.map((entry) => ({ ...entry, uid: 0, gid: 0, clock: true })) };
  return {
    layer,
    async read(wanted) {
      const entry = layer.entries.find((candidate) => candidate.path === wanted);
      if (entry?.type !== 'file' || entry.content.kind === 'blob') return undefined;
      if (entry.content.kind === 'inline') return Buffer.from(entry.content.bytes).toString('utf8');
      if (entry.size === 0) return '';
      if (entry.size > MAX_TEXT)
        throw new DecantError(
          'CONTEXT_INVALID',
          `"${wanted}" in the build context is too large: ${entry.size} bytes`,
        );
      const { offset: begin = 0 } = entry.content;
      return (await collect(createReadStream(path, { start: begin, end: begin + entry.size - 1 }))).toString(
        'utf8',
      );
    },
  };
}

async function* rejoin(
  head: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield* head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}
