/** Where blocks are compressed: in threads, or here and now. */
import { threadPool } from '../threads.ts';
import type { ThreadJob, ThreadResult } from '../threads.ts';
import { createDeflate, DEFLATE_BLOCK_BYTES, DICTIONARY_BYTES, loadDeflateModule } from './deflate.ts';
import type { Deflate, WasmModule } from './deflate.ts';

/** One block with its dictionary in front. */
export interface Job extends ThreadJob {
  readonly length: number;
  readonly dictionary: number;
  readonly level: number;
}

export type JobResult = ThreadResult;

/** Room for a block and its dictionary. */
export const JOB_BUFFER_BYTES = DEFLATE_BLOCK_BYTES + DICTIONARY_BYTES;

let module: WasmModule | undefined;
let local: Deflate | undefined;

const pool = threadPool<Job>({
  name: 'decant-deflate',
  source: `(data) => {
    const createDeflate = ${createDeflate.toString()};
    const deflate = createDeflate(data.module, data.capacity);
    return ({ buffer, length, dictionary, level }) => deflate(new Uint8Array(buffer, 0, length), dictionary, level);
  }`,
  data: () => ({ module: (module ??= loadDeflateModule()), capacity: JOB_BUFFER_BYTES }),
});

/** Compresses in a thread; at most `most` are started. */
export const deflateInWorker = pool.run;

/** Ends the threads that have nothing to do: a program that ends takes them down one after the other, and waits. */
export const restThreads = pool.rest;

/** Loads what `deflateHere` needs: for who has to wait for something else until then. */
export function readyDeflate(): void {
  try {
    localDeflate();
  } catch {
    // Whoever compresses is told.
  }
}

/** Compresses here and now: for what is done sooner than a thread is started. */
export function deflateHere(job: Job): Uint8Array {
  return localDeflate()(new Uint8Array(job.buffer, 0, job.length), job.dictionary, job.level);
}

function localDeflate(): Deflate {
  module ??= loadDeflateModule();
  return (local ??= createDeflate(module, JOB_BUFFER_BYTES));
}
