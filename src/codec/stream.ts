/**
 * Streams of bytes are async iterables of chunks everywhere in this program. Here is what the codecs share: a reader
 * that hands out exact amounts without a promise for each, and a few small helpers.
 */

export type ByteStream = AsyncIterable<Uint8Array>;

/** The same memory as a Buffer. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A stream of the given chunks. */
// oxlint-disable-next-line require-yield
export async function* streamOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

/** The whole stream in memory; for what is known to be small. `limit` is in bytes; beyond it, `tooLarge()` is thrown. */
export async function collect(source: ByteStream, limit = Infinity, tooLarge?: () => Error): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > limit) throw tooLarge?.() ?? new RangeError(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  const [only] = chunks;
  return chunks.length === 1 && only ? toBuffer(only) : Buffer.concat(chunks, size);
}

/** Reads a stream in exact amounts. Chunks are handed out as views, not copies, wherever one chunk has enough. */
export class ByteReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  #ended = false;
  /** Bytes taken so far: the position in the stream. */
  offset = 0;

  constructor(source: ByteStream) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** Bytes that `take` and `peek` can give at once. */
  get available(): number {
    return this.#chunk.length - this.#at;
  }

  /** Waits until `count` bytes are available or the stream ends, and says how many are. Cheap only for small counts. */
  async fill(count: number): Promise<number> {
    if (this.available >= count || this.#ended) return this.available;
    const parts = this.available > 0 ? [this.peek(this.available)] : [];
    let have = this.available;
    while (have < count) {
      const next = await this.#iterator.next();
      if (next.done) {
        this.#ended = true;
        break;
      }
      if (next.value.length === 0) continue;
      parts.push(toBuffer(next.value));
      have += next.value.length;
    }
    const [only] = parts;
    this.#chunk = parts.length === 1 && only ? only : Buffer.concat(parts, have);
    this.#at = 0;
    return have;
  }

  /** The next `count` available bytes (fewer if fewer are available). */
  take(count: number): Buffer {
    const bytes = this.peek(count);
    this.#at += bytes.length;
    this.offset += bytes.length;
    return bytes;
  }

  /** As `take`, without moving on. */
  peek(count: number): Buffer {
    return this.#chunk.subarray(this.#at, this.#at + count);
  }

  /** Whatever is next, at least one byte and at most `most`; empty at the end of the stream. */
  async some(most: number): Promise<Buffer> {
    if (this.available === 0) await this.fill(1);
    return this.take(most);
  }

  /** Moves on by `count` bytes, or to the end of the stream; says how many bytes were missing. */
  async skip(count: number): Promise<number> {
    let missing = count - this.take(Math.min(count, this.available)).length;
    while (missing > 0) {
      const bytes = await this.some(missing);
      if (bytes.length === 0) break;
      missing -= bytes.length;
    }
    return missing;
  }

  /** All that is left, chunk by chunk. */
  async *rest(): AsyncGenerator<Buffer> {
    for (;;) {
      const bytes = await this.some(Infinity);
      if (bytes.length === 0) return;
      yield bytes;
    }
  }

  /** Tells the source that no more will be read. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    await this.#iterator.return?.();
  }
}
