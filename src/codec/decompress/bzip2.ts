/**
 * bzip2 through unbzip2-stream, which verifies the CRC of every block. It decodes whatever it can at once when it is
 * given bytes, so it gets few at a time, and what may come out of them is bounded.
 */
import { DecantError } from '../../errors.ts';
import { ByteReader, type ByteStream } from '../stream.ts';

const FEED_BYTES = 4096;
/** A block holds 45 MiB at most, so only many blocks of nothing but zeros reach this. */
const MAX_PENDING_BYTES = 128 * 1024 * 1024;

export async function* decodeBzip2(source: ByteStream): AsyncGenerator<Uint8Array> {
  const { default: createDecoder } = await import('unbzip2-stream');
  const output: Uint8Array[] = [];
  let pending = 0;
  let failure: unknown;
  const decoder = createDecoder();
  decoder.on('data', (chunk: Uint8Array) => {
    pending += chunk.length;
    output.push(chunk);
    // Thrown into the decoder, which stops and reports it.
    if (pending > MAX_PENDING_BYTES) {
      throw new DecantError(
        'ARCHIVE_TOO_LARGE',
        `bzip2 data grows by more than ${MAX_PENDING_BYTES} bytes at once`,
      );
    }
  });
  decoder.on('error', (error: unknown) => (failure ??= error));
  const decoded = (): Uint8Array[] => {
    if (failure !== undefined) throw failure;
    pending = 0;
    return output.splice(0);
  };
  const reader = new ByteReader(source);
  try {
    // Evened out: the decoder keeps a list of what it was given, which gets slow with many small pieces.
    while ((await reader.fill(FEED_BYTES)) > 0) {
      decoder.write(reader.take(FEED_BYTES));
      yield* decoded();
    }
  } finally {
    await reader.close();
  }
  decoder.end();
  yield* decoded();
}
