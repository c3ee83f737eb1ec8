/**
 * Threads that compress, shared by everything in this process that compresses alike: started when there is something to
 * do, and never keeping the process alive on their own.
 */
import { Worker } from 'node:worker_threads';
import { DecantError } from '../errors.ts';

/** The buffer is given away and comes back in the result, to be used again. */
export interface ThreadJob {
  readonly buffer: ArrayBuffer;
}

export interface ThreadResult {
  readonly output: Uint8Array;
  readonly buffer: ArrayBuffer;
}

export interface ThreadProgram {
  readonly name: string;
  /** JavaScript of a function that gives, for the data, what does one job and gives its output in memory of its own. */
  readonly source: string;
  readonly data: () => object;
}

interface Waiting<J> {
  readonly job: J;
  readonly resolve: (result: ThreadResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread<J> {
  readonly worker: Worker;
  current: Waiting<J> | undefined;
}

const YOUNG_MEGABYTES = 4;

/** What runs in a thread, behind the program's own source. */
const SERVE = `
const { parentPort, workerData } = require('node:worker_threads');
const work = create(workerData);
parentPort.on('message', (job) => {
  const output = work(job);
  parentPort.postMessage({ output, buffer: job.buffer }, [output.buffer, job.buffer]);
});`;

export interface ThreadPool<J> {
  /** Does a job in a thread; at most `most` are started. */
  readonly run: (job: J, most: number) => Promise<ThreadResult>;
  /** Ends the threads that have nothing to do; the next job starts one again. */
  readonly rest: () => void;
}

export function threadPool<J extends ThreadJob>({ name, source, data }: ThreadProgram): ThreadPool<J> {
  const threads = new Set<Thread<J>>();
  const queue: Waiting<J>[] = [];
  let shared: object | undefined;

  const assign = (thread: Thread<J>): void => {
    if (thread.current) return;
    const next = queue.shift();
    if (!next) return;
    thread.current = next;
    thread.worker.ref();
    thread.worker.postMessage(next.job, [next.job.buffer]);
  };

  /** A thread that failed takes its job with it; the jobs that wait go to the others, or fail too if there are none. */
  const lose = (thread: Thread<J>, cause: unknown): void => {
    if (!threads.delete(thread)) return;
    const lost = thread.current ? [thread.current] : [];
    thread.current = undefined;
    if (threads.size === 0) lost.push(...queue.splice(0));
    for (const { reject } of lost)
      reject(new DecantError('INTERNAL', 'a thread that compresses failed', { cause }));
  };

  const startThread = (): void => {
    const worker = new Worker(`const create = ${source};${SERVE}`, {
      eval: true,
      workerData: (shared ??= data()),
      // Flags and preloads of the main program are not for this thread.
      execArgv: [],
      // Their work is outside of the heap. Left alone, each would let garbage grow to tens of megabytes first.
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      name,
    });
    const thread: Thread<J> = { worker, current: undefined };
    worker.unref();
    threads.add(thread);
    worker.on('message', (result: ThreadResult) => {
      const done = thread.current;
      thread.current = undefined;
      worker.unref();
      assign(thread);
      done?.resolve(result);
    });
    worker.on('error', (error) => lose(thread, error));
    worker.on('exit', () => lose(thread, new Error('the thread ended')));
  };

  return {
    run: (job: J, most: number): Promise<ThreadResult> =>
      new Promise((resolve, reject) => {
        queue.push({ job, resolve, reject });
        if (threads.size < most && [...threads].every((thread) => thread.current)) startThread();
        for (const thread of threads) assign(thread);
      }),
    rest() {
      for (const thread of threads) {
        if (thread.current) continue;
        threads.delete(thread);
        void thread.worker.terminate();
      }
    },
  };
}
