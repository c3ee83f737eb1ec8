/**
 * Reads compressed streams: gzip (RFC 1952), Zstandard (RFC 8878), xz and bzip2, with bounds against archives that
 * grow without end. Writing is in gzip/.
 */
import { DecantError } from '../errors.ts';
import { gunzip } from './decompress/gunzip.ts';
import { ByteReader, type ByteStream } from './stream.ts';

export type Compression = 'gzip' | 'zstd' | 'xz' | 'bzip2' | 'none';

export interface DecompressLimits {
  /** Most bytes that may come out. */
  readonly maxBytes?: number;
  /** Most bytes that may come out for each byte that went in, once more than a mebibyte came out. */
  readonly maxRatio?: number;
  /** What the stream is called in errors. */
  readonly name?: string;
}

/** Bytes that `detectCompression` looks at. */
export const MAGIC_BYTES = 10;
/** Output that the ratio does not yet bound: a few small files may well be nothing but zeros. */
const RATIO_FREE_BYTES = 1024 * 1024;

/** Which compression a stream has, by its first bytes (`MAGIC_BYTES` or fewer, if it has no more). */
export function detectCompression(head: Uint8Array): Compression {
  const hex = Buffer.from(head.subarray(0, MAGIC_BYTES)).toString('hex');
  return MAGIC.find(([, pattern]) => pattern.test(hex))?.[0] ?? 'none';
}

const MAGIC: readonly (readonly [Compression, RegExp])[] = [
  ['gzip', /^1f8b08/],
  // A frame, or a frame to be skipped in front of one.
  ['zstd', /^(?:28b52ffd|5[0-9a-f]2a4d18)/],
  ['xz', /^fd377a585a00/],
  // The level, and the mark of a block or of the end.
  ['bzip2', /^425a683[1-9](?:314159265359|177245385090)/],
];

/**
 * The stream without its compression: all members of a gzip file, all frames of Zstandard, all streams of xz and
 * bzip2. Throws ARCHIVE_INVALID where it is cut off or damaged (gzip and bzip2 verify a CRC, xz its check, Zstandard
 * its checksum where Node has a decoder for it), ARCHIVE_TOO_LARGE beyond the limits, and what the source throws.
 */
export async function* decompress(
  source: ByteStream,
  kind: Compression,
  limits: DecompressLimits = {},
): AsyncGenerator<Uint8Array> {
  const { name = 'compressed data' } = limits;
  const watched = new WatchedSource(source);
  const meter = new Meter(watched, limits, name);
  try {
    const decode = await decoderOf(kind);
    for await (const chunk of decode(watched.read())) {
      if (chunk.length === 0) continue;
      meter.count(chunk.length);
      yield chunk;
    }
    if (kind !== 'none' && watched.bytes === 0) throw new Error('it is empty');
  } catch (error) {
    if (watched.failure) throw watched.failure.error;
    if (error instanceof DecantError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new DecantError('ARCHIVE_INVALID', `${name}: the ${kind} data is damaged or cut off (${why})`, {
      cause: error,
    });
  }
}

/** As `decompress`, with the compression found out from the first bytes. */
export async function* decompressAuto(
  source: ByteStream,
  limits?: DecompressLimits,
): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(source);
  try {
    await reader.fill(MAGIC_BYTES);
    yield* decompress(reader.rest(), detectCompression(reader.peek(MAGIC_BYTES)), limits);
  } finally {
    await reader.close();
  }
}

type Decode = (source: ByteStream) => AsyncIterable<Uint8Array>;

/** Only gzip's decoder is part of Node; the others are loaded when they are needed. */
async function decoderOf(kind: Compression): Promise<Decode> {
  if (kind === 'gzip') return gunzip;
  if (kind === 'zstd') return (await import('./decompress/zstd.ts')).decodeZstd;
  if (kind === 'xz') return (await import('./decompress/xz.ts')).decodeXz;
  if (kind === 'bzip2') return (await import('./decompress/bzip2.ts')).decodeBzip2;
  return (source) => source;
}

/** Counts what a decoder takes, and tells the source's own failures from the decoder's. */
class WatchedSource {
  readonly #source: ByteStream;
  bytes = 0;
  failure: { readonly error: unknown } | undefined;

  constructor(source: ByteStream) {
    this.#source = source;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#source) {
        this.bytes += chunk.length;
        if (chunk.length > 0) yield chunk;
      }
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

class Meter {
  readonly #source: WatchedSource;
  readonly #limits: DecompressLimits;
  readonly #name: string;
  #bytes = 0;

  constructor(source: WatchedSource, limits: DecompressLimits, name: string) {
    this.#source = source;
    this.#limits = limits;
    this.#name = name;
  }

  count(bytes: number): void {
    const { maxBytes = Infinity, maxRatio = Infinity } = this.#limits;
    this.#bytes += bytes;
    if (this.#bytes > maxBytes) {
      throw new DecantError(
        'ARCHIVE_TOO_LARGE',
        `${this.#name}: it has more than the ${maxBytes} bytes allowed`,
      );
    }
    if (this.#bytes > RATIO_FREE_BYTES && this.#bytes > this.#source.bytes * maxRatio) {
      throw new DecantError('ARCHIVE_TOO_LARGE', `${this.#name}: it grows more than ${maxRatio} times`, {
        hint: 'data that compresses this well is usually made to exhaust the machine that reads it',
      });
    }
  }
}
