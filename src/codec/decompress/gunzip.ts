/** gzip (RFC 1952) through Node's zlib, which reads all members and verifies each one's CRC and size. */
import { pipeline } from 'node:stream/promises';
import type { Transform } from 'node:stream';
import { createGunzip } from 'node:zlib';

import type { ByteStream } from '../stream.ts';

const CHUNK_BYTES = 128 * 1024;

/** What follows the last member and is no member is ignored, as gzip itself does. */
export function gunzip(source: ByteStream): AsyncGenerator<Buffer> {
  return through(source, createGunzip({ chunkSize: CHUNK_BYTES }));
}

/** The stream through one of Node's transforms; whoever stops reading also stops the source. */
export async function* through(source: ByteStream, transform: Transform): AsyncGenerator<Buffer> {
  // A failure comes out of the transform too, so the promise has nothing to add.
  pipeline(source, transform).catch(() => undefined);
  yield* transform as AsyncIterable<Buffer>;
}
