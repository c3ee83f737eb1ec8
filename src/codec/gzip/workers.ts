/**
 * The threads that compress. They are shared by everything that compresses in this process, started when there is
 * something to do, and never keep the process alive on their own.
 */
import { Worker } from 'node:worker_threads';

import { DecantError } from '../../errors.ts';
import {
  createDeflate,
  DEFLATE_BLOCK_BYTES,
  DICTIONARY_BYTES,
  loadDeflateModule,
  type WasmModule,
} from './deflate.ts';

/** One block with its dictionary in front. The buffer is given away and comes back in the result, to be used again. */
export interface Job {
  readonly buffer: ArrayBuffer;
  readonly length: number;
  readonly dictionary: number;
  readonly level: number;
}

export interface JobResult {
  readonly output: Uint8Array;
  readonly buffer: ArrayBuffer;
}

/** Room for a block and its dictionary. */
export const JOB_BUFFER_BYTES = DEFLATE_BLOCK_BYTES + DICTIONARY_BYTES;

/** Enough for the compressor's loops to be compiled by V8's optimising compiler. */
const PRACTICE_BYTES = 256 * 1024;

interface Waiting {
  readonly job: Job;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  current: Waiting | undefined;
}

const threads = new Set<Thread>();
const queue: Waiting[] = [];
let module: WasmModule | undefined;
let local: ReturnType<typeof createDeflate> | undefined;

/** Compresses in a worker; at most `most` workers are started. */
export function deflateInWorker(job: Job, most: number): Promise<JobResult> {
  return new Promise((resolve, reject) => {
    queue.push({ job, resolve, reject });
    if (threads.size < most && [...threads].every((thread) => thread.current)) startThread();
    for (const thread of threads) assign(thread);
  });
}

/**
 * Starts a thread before there is anything to compress, for who is about to and has time now: starting one, and having
 * its code compiled well, takes longer than compressing a small program.
 */
export function prepareThread(): void {
  if (threads.size > 0) return;
  const sample = new Uint32Array(JOB_BUFFER_BYTES / 4);
  // Repeats here and there, as programs do.
  for (let at = 0; at < PRACTICE_BYTES / 4; at += 1) sample[at] = Math.imul(at & 0x3ff, at >> 6);
  deflateInWorker({ buffer: sample.buffer, length: PRACTICE_BYTES, dictionary: 0, level: 4 }, 1).catch(
    () => undefined,
  );
}

/** Compresses here and now: for what is done sooner than a worker is started. */
export function deflateHere(job: Job): Uint8Array {
  module ??= loadDeflateModule();
  local ??= createDeflate(module, JOB_BUFFER_BYTES);
  return local(new Uint8Array(job.buffer, 0, job.length), job.dictionary, job.level);
}

/** What runs in a worker; the compressor's own source is put before it. */
const SERVE = `
const { parentPort, workerData } = require('node:worker_threads');
const deflate = createDeflate(workerData.module, workerData.capacity);
parentPort.on('message', ({ buffer, length, dictionary, level }) => {
  const output = deflate(new Uint8Array(buffer, 0, length), dictionary, level);
  parentPort.postMessage({ output, buffer }, [output.buffer, buffer]);
});`;

function startThread(): void {
  module ??= loadDeflateModule();
  const worker = new Worker(`const createDeflate = ${createDeflate.toString()};${SERVE}`, {
    eval: true,
    workerData: { module, capacity: JOB_BUFFER_BYTES },
    // Flags and preloads of the main program are not for this thread.
    execArgv: [],
    name: 'decant-deflate',
  });
  const thread: Thread = { worker, current: undefined };
  worker.unref();
  threads.add(thread);
  worker.on('message', (result: JobResult) => {
    const done = thread.current;
    thread.current = undefined;
    worker.unref();
    assign(thread);
    done?.resolve(result);
  });
  worker.on('error', (error) => lose(thread, error));
  worker.on('exit', () => lose(thread, new Error('the thread ended')));
}

function assign(thread: Thread): void {
  if (thread.current) return;
  const next = queue.shift();
  if (!next) return;
  thread.current = next;
  thread.worker.ref();
  thread.worker.postMessage(next.job, [next.job.buffer]);
}

/** A thread that failed takes its job with it; the jobs that wait go to the others, or fail too if there are none. */
function lose(thread: Thread, cause: unknown): void {
  if (!threads.delete(thread)) return;
  const lost = thread.current ? [thread.current] : [];
  thread.current = undefined;
  if (threads.size === 0) lost.push(...queue.splice(0));
  for (const { reject } of lost) {
    reject(new DecantError('INTERNAL', 'a thread that compresses failed', { cause }));
  }
}
