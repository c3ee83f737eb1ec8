/**
 * Writes Zstandard (RFC 8878), the same bytes for the same input on every machine: the input is cut into blocks of a fixed
 * size, each of which becomes a frame of its own, and frames behind each other are one stream. So it does not matter how
 * many threads work, nor how the input is chunked.
 */
import { availableParallelism } from 'node:os';
import type { ByteStream } from '../stream.ts';
import type { ThreadResult } from '../threads.ts';
import { FRAME_BYTES, frameHere, frameInWorker } from './workers.ts';
import type { Job } from './workers.ts';

export const ZSTD_LEVEL = 3;
export const MAX_ZSTD_LEVEL = 22;

export interface ZstdOptions {
  /** 1 to 22. Another level gives other bytes, and so other digests. */
  readonly level?: number;
  /** How many frames are compressed at once, all processors by default. Memory is about 20 MiB for each, more at high levels. */
  readonly threads?: number;
}

/** An input up to this size is compressed where it is; starting a thread takes longer. */
const SMALL_BYTES = 256 * 1024;

/** The compressed stream. Throws what the source throws, and INTERNAL if a thread dies. */
export async function* zstd(source: ByteStream, options: ZstdOptions = {}): AsyncGenerator<Uint8Array> {
  const { level = ZSTD_LEVEL, threads = availableParallelism() } = options;
  const most = Math.max(1, Math.min(threads, 64));
  const spare: ArrayBuffer[] = [];
  const running: Promise<ThreadResult>[] = [];
  let block = new Uint8Array(FRAME_BYTES);
  let length = 0;
  let isEmpty = true;
  const start = (job: Job): void => {
    const result = frameInWorker(job, most);
    // A failure is reported when its turn comes, or not at all if nobody asks for it any more.
    result.catch(() => undefined);
    running.push(result);
    isEmpty = false;
  };
  const finished = async (): Promise<Uint8Array> => {
    const { output, buffer } = (await running.shift()) as ThreadResult;
    spare.push(buffer);
    return output;
  };
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length;) {
      const count = Math.min(chunk.length - at, FRAME_BYTES - length);
      block.set(chunk.subarray(at, at + count), length);
      length += count;
      at += count;
      if (length < FRAME_BYTES) continue;
      if (running.length > most) yield await finished();
      start({ buffer: block.buffer, length, level });
      block = new Uint8Array(spare.pop() ?? new ArrayBuffer(FRAME_BYTES));
      length = 0;
    }
  }
  // Nothing at all is a frame too.
  if (isEmpty && length <= SMALL_BYTES) yield frameHere({ buffer: block.buffer, length, level });
  else if (length > 0) start({ buffer: block.buffer, length, level });
  while (running.length > 0) yield await finished();
}
