/**
 * Writes gzip (RFC 1952), the same bytes for the same input on every machine: the input is cut into blocks of a fixed
 * size, each compressed with the 32 KiB before it as its dictionary and ended at a byte boundary, and the results are
 * joined into one deflate stream. So it does not matter how many threads work, nor how the input is chunked.
 */
import { availableParallelism } from 'node:os';
import { crc32 } from 'node:zlib';

import type { ByteStream } from '../stream.ts';
import { DEFLATE_BLOCK_BYTES, DICTIONARY_BYTES } from './deflate.ts';
import { deflateHere, deflateInWorker, type Job, JOB_BUFFER_BYTES, type JobResult } from './workers.ts';

/** zlib's levels. */
export type GzipLevel = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;

/** The level of everything decant writes: see docs/decisions/0001-compression.md for what it costs and saves. */
export const GZIP_LEVEL: GzipLevel = 4;

export interface GzipOptions {
  /** Another level gives other bytes, and so other digests. */
  readonly level?: GzipLevel;
  /**
   * How many blocks are compressed at once, all processors by default. Memory is about 3 MiB for each. With 0 this thread
   * compresses them: that is sooner for a few, since a thread takes longer to start and to end.
   */
  readonly threads?: number;
}

/** No flags, no time, operating system "unknown" (255), so that nothing in it depends on where it was written. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** A last deflate block with nothing in it. */
const LAST_BLOCK = Buffer.from([3, 0]);
/** An input up to this size is compressed where it is; starting a thread takes longer. */
const SMALL_BYTES = 256 * 1024;

/** The compressed stream. Throws what the source throws, and INTERNAL if a thread dies. */
export async function* gzip(source: ByteStream, options: GzipOptions = {}): AsyncGenerator<Uint8Array> {
  const { level = GZIP_LEVEL, threads = availableParallelism() } = options;
  const most = Math.max(1, Math.min(threads, 64));
  const blocks = new BlockCutter(level);
  const running: Promise<JobResult>[] = [];
  const finished = async (): Promise<Uint8Array> => {
    const result = await running.shift();
    if (!result) return LAST_BLOCK;
    blocks.reuse(result.buffer);
    return result.output;
  };
  const start = (job: Job): void => {
    const result = deflateInWorker(job, most);
    // A failure is reported when its turn comes, or not at all if nobody asks for it any more.
    result.catch(() => undefined);
    running.push(result);
  };

  yield HEADER;
  for await (const chunk of source) {
    for (const job of blocks.add(chunk)) {
      if (threads === 0) {
        yield deflateHere(job);
        continue;
      }
      if (running.length > most) yield await finished();
      start(job);
    }
  }
  const last = blocks.last();
  const isSmall = last && last.length - last.dictionary <= SMALL_BYTES && running.length === 0;
  if (last && (isSmall || threads === 0)) yield deflateHere(last);
  else if (last) start(last);
  while (running.length > 0) yield await finished();
  yield Buffer.concat([LAST_BLOCK, blocks.trailer()]);
}

/** Cuts a stream into jobs, and keeps what the trailer needs. */
class BlockCutter {
  readonly #level: GzipLevel;
  readonly #spare: ArrayBuffer[] = [];
  #block = new Uint8Array(JOB_BUFFER_BYTES);
  #dictionary = 0;
  #length = 0;
  #crc = 0;
  #size = 0;

  constructor(level: GzipLevel) {
    this.#level = level;
  }

  *add(chunk: Uint8Array): Generator<Job> {
    this.#crc = crc32(chunk, this.#crc);
    this.#size += chunk.length;
    for (let at = 0; at < chunk.length;) {
      const count = Math.min(chunk.length - at, this.#dictionary + DEFLATE_BLOCK_BYTES - this.#length);
      this.#block.set(chunk.subarray(at, at + count), this.#length);
      this.#length += count;
      at += count;
      if (this.#length === this.#dictionary + DEFLATE_BLOCK_BYTES) yield this.#cut();
    }
  }

  /** What is left at the end, if anything is. */
  last(): Job | undefined {
    return this.#length > this.#dictionary ? this.#job() : undefined;
  }

  /** Takes back the memory of a block that is done. */
  reuse(buffer: ArrayBuffer): void {
    this.#spare.push(buffer);
  }

  trailer(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32LE(this.#crc >>> 0, 0);
    bytes.writeUInt32LE(this.#size % 2 ** 32, 4);
    return bytes;
  }

  #cut(): Job {
    const job = this.#job();
    const next = new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(JOB_BUFFER_BYTES));
    next.set(this.#block.subarray(this.#length - DICTIONARY_BYTES, this.#length));
    this.#block = next;
    this.#dictionary = DICTIONARY_BYTES;
    this.#length = DICTIONARY_BYTES;
    return job;
  }

  #job(): Job {
    return {
      buffer: this.#block.buffer,
      length: this.#length,
      dictionary: this.#dictionary,
      level: this.#level,
    };
  }
}
