/**
 * ADD takes local archives apart: tar, plain or compressed, told by its content and not by its name. The files stay
 * where they are, in the archive; one that is compressed is decompressed once for that.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { decompress, detectCompression } from '../../codec/compression.ts';
import { collect, streamOf } from '../../codec/stream.ts';
import { readTar } from '../../codec/tar/tar.ts';
import { DecantError, fromSystemError } from '../../errors.ts';
import type { FileEntry, Layer } from '../../tree/entry.ts';
import { layerFromTar } from '../../tree/from-tar.ts';
import { baseName } from '../../tree/path.ts';
import { keyOf } from '../content-key.ts';
import { ARCHIVE_LIMITS } from '../../store/archive-limits.ts';
import type { Session } from './session.ts';

/** Enough for the first header of a tar, whatever stands before it in extended ones. */
const HEAD_BYTES = 2 * 1024 * 1024;

/** What is in the archive, or undefined where the file is none. @throws DecantError ARCHIVE_UNSAFE, ARCHIVE_INVALID */
export async function archiveLayer(session: Session, file: FileEntry): Promise<Layer | undefined> {
  if (file.content.kind !== 'file' || file.size < 20) return undefined;
  const { path, offset = 0 } = file.content;
  const what = `archive "${baseName(file.path)}"`;
  const open = (): AsyncIterable<Uint8Array> =>
    createReadStream(path, { start: offset, end: offset + file.size - 1 });
  const kind = detectCompression(await head(open(), 16));
  if (!(await beginsAsTar(decompress(open(), kind)))) return undefined;
  let [plain, start] = [path, offset];
  if (kind !== 'none') {
    plain = join(await session.temporary(), `archive-${keyOf(path, offset, file.size).slice(0, 16)}`);
    start = 0;
    try {
      await pipeline(
        Readable.from(decompress(open(), kind, { ...ARCHIVE_LIMITS, name: what }), { objectMode: false }),
        createWriteStream(plain),
        { signal: session.signal },
      );
    } catch (error) {
      throw fromSystemError(error, `unpacking ${baseName(file.path)}`);
    }
  }
  return layerFromTar(createReadStream(plain, { start }), {
    what,
    content: (at) => ({ kind: 'file', path: plain, offset: start + at }),
    whiteouts: false,
    absolute: 'root',
  });
}

/** Whether a stream decompresses and has a tar member first; a plain or compressed file that is not a tar has none. */
async function beginsAsTar(bytes: AsyncIterable<Uint8Array>): Promise<boolean> {
  try {
    const start = await head(bytes, HEAD_BYTES);
    for await (const _member of readTar(streamOf(start))) return true;
    return false;
  } catch (error) {
    // What grows beyond all bounds is not passed off as a plain file.
    if (error instanceof DecantError && error.code !== 'ARCHIVE_TOO_LARGE') return false;
    throw error;
  }
}

async function head(bytes: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array> {
  async function* first(): AsyncGenerator<Uint8Array> {
    let left = length;
    for await (const chunk of bytes) {
      yield chunk.subarray(0, left);
      left -= chunk.length;
      if (left <= 0) return;
    }
  }
  return collect(first());
}
