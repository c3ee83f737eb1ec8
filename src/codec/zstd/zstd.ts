/**
 * Writes Zstandard (RFC 8878), the same bytes for the same input on every machine. Each block is a frame of its own.
 */
import { blockCompressor } from '../blocks.ts';
import type { ByteStream } from '../stream.ts';
import { createZstd, readZstd } from './frame.ts';

export const ZSTD_LEVEL = 3;
export const MAX_ZSTD_LEVEL = 22;

/** Bytes of input in a frame. */
export const FRAME_BYTES = 4 * 1024 * 1024;

export interface ZstdOptions {
  /** 1 to 22. Another level gives other bytes, and so other digests. */
  readonly level?: number;
  /** As of BlockOptions. Memory is about 20 MiB for each, more at high levels. */
  readonly threads?: number;
}

const compressor = blockCompressor({
  name: 'decant-zstd',
  blockBytes: FRAME_BYTES,
  read: readZstd,
  create: createZstd,
});

/** The compressed stream. Throws what the source throws, and INTERNAL if a thread dies. */
export function zstd(
  source: ByteStream,
  { level = ZSTD_LEVEL, threads }: ZstdOptions = {},
): AsyncGenerator<Uint8Array> {
  return compressor.compress(source, { level, threads });
}
