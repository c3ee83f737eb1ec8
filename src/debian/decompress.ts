/**
 * Decompression with the machine's own `xz` where there is one: it takes half of the time that the decoder in codec/
 * takes, in a process of its own. Bounds and errors are the same.
 */
import { type Compression, decompress, type DecompressLimits } from '../codec/compression.ts';
import type { ByteStream } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { findXz, xzProgram } from './deb/xz-program.ts';

/**
 * As `decompress` of codec/. `path` is the value of PATH; with an empty one the program is not looked for. Throws
 * ARCHIVE_INVALID, ARCHIVE_TOO_LARGE, and what the source throws.
 */
export async function* decompressFast(
  source: ByteStream,
  kind: Compression,
  limits: DecompressLimits = {},
  path: string = process.env['PATH'] ?? '',
): AsyncGenerator<Uint8Array> {
  const program = kind === 'xz' ? await findXz(path) : undefined;
  if (program === undefined) {
    yield* decompress(source, kind, limits);
    return;
  }
  let failure: { readonly error: unknown } | undefined;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  try {
    // The bytes are bounded; no ratio is, since the program reads ahead of what it writes.
    const { maxRatio: _, ...bounds } = limits;
    yield* decompress(xzProgram(watched(), program), 'none', bounds);
  } catch (error) {
    if (failure) throw failure.error;
    if (error instanceof DecantError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const { name = 'compressed data' } = limits;
    throw new DecantError('ARCHIVE_INVALID', `${name}: the xz data is damaged or cut off (${why})`, {
      cause: error,
    });
  }
}
