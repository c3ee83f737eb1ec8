/**
 * Writes Zstandard (RFC 8878), the same bytes for the same input on every machine. Each block is a frame of its own.
 */
import { blockCompressor, type BlockOptions } from '../blocks.ts';
import { createZstd, readZstd } from './frame.ts';

export const ZSTD_LEVEL = 3;
export const MAX_ZSTD_LEVEL = 22;

/** Bytes of input in a frame. */
export const FRAME_BYTES = 4 * 1024 * 1024;

/** Levels are 1 to 22. Memory is about 20 MiB for each thread, more at high levels. */
export type ZstdOptions = BlockOptions<number>;

export const { compress: zstd } = blockCompressor<number>({
  name: 'decant-zstd',
  blockBytes: FRAME_BYTES,
  level: ZSTD_LEVEL,
  read: readZstd,
  create: createZstd,
});
