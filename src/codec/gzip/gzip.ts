/**
 * Writes gzip (RFC 1952), the same bytes for the same input on every machine and every Node, which node:zlib does not
 * (docs/decisions/0001-compression.md). Each block is a member of its own.
 */
import { blockCompressor, type BlockOptions } from '../blocks.ts';
import { createGzip, readLibdeflate } from './libdeflate.ts';

/** libdeflate has more, which take far longer. */
export type GzipLevel = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** The level of everything decant writes: see docs/decisions/0001-compression.md for what it costs and saves. */
export const GZIP_LEVEL: GzipLevel = 4;

/** Bytes of input in a member. */
export const MEMBER_BYTES = 512 * 1024;

/** Memory is about 3 MiB for each thread. */
export type GzipOptions = BlockOptions<GzipLevel>;

export const {
  compress: gzip,
  load: loadGzip,
  rest: restGzip,
} = blockCompressor<GzipLevel>({
  name: 'decant-gzip',
  blockBytes: MEMBER_BYTES,
  level: GZIP_LEVEL,
  read: readLibdeflate,
  create: createGzip,
});
