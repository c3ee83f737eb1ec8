/**
 * Writes gzip (RFC 1952), the same bytes for the same input on every machine and every Node, which node:zlib does not
 * (docs/decisions/0001-compression.md). Each block is a member of its own.
 */
import { blockCompressor } from '../blocks.ts';
import type { ByteStream } from '../stream.ts';
import { createGzip, readLibdeflate } from './libdeflate.ts';

/** libdeflate has more, which take far longer. */
export type GzipLevel = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** The level of everything decant writes: see docs/decisions/0001-compression.md for what it costs and saves. */
export const GZIP_LEVEL: GzipLevel = 4;

/** Bytes of input in a member. */
export const MEMBER_BYTES = 512 * 1024;

export interface GzipOptions {
  /** Another level gives other bytes, and so other digests. */
  readonly level?: GzipLevel;
  /** As of BlockOptions. Memory is about 3 MiB for each. */
  readonly threads?: number;
}

const compressor = blockCompressor({
  name: 'decant-gzip',
  blockBytes: MEMBER_BYTES,
  read: readLibdeflate,
  create: createGzip,
});

/** The compressed stream. Throws what the source throws, and INTERNAL if a thread dies. */
export function gzip(
  source: ByteStream,
  { level = GZIP_LEVEL, threads }: GzipOptions = {},
): AsyncGenerator<Uint8Array> {
  return compressor.compress(source, { level, threads });
}

/** See BlockCompressor. */
export const loadGzip = compressor.load;
export const restGzip = compressor.rest;
