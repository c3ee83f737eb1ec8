/**
 * Layers read in threads: each is read once, decompressed where it is packed, compared with its digest, searched for
 * words, and the parts of it kept that the audit looks into. A plain layer is searched in one thread while another
 * one computes its digest, so that even a single large layer keeps two processors busy.
 */
import { Worker } from 'node:worker_threads';
import { DecantError } from '../../errors.ts';
import type { ScanResult, ScanSetup } from './scanner.ts';
import { createScanner } from './scanner.ts';

export interface FileJob {
  readonly path: string;
  readonly compression: 'none' | 'gzip';
  /** Most bytes that may come out. */
  readonly maxBytes: number;
  /** Searched and parts of it kept, or only its digest computed. */
  readonly task: 'scan' | 'digest' | 'both';
  readonly parts: readonly number[];
}

export interface FileResult extends ScanResult {
  /** sha256 of the file as it lies there, hex; '' where it was not asked for. */
  readonly digest: string;
}

export interface Threads {
  readonly run: (job: FileJob) => Promise<FileResult>;
  readonly close: () => Promise<void>;
}

const SERVE = `
const { parentPort, workerData } = require('node:worker_threads');
const { openSync, readSync, closeSync, createReadStream } = require('node:fs');
const { createHash } = require('node:crypto');
const { createGunzip } = require('node:zlib');
const CHUNK = 1024 * 1024;
function plain({ path, task, parts, maxBytes }) {
  const scanner = task === 'digest' ? undefined : createScanner(workerData, parts);
  const hash = task === 'scan' ? undefined : createHash('sha256');
  const own = scanner ? undefined : Buffer.allocUnsafe(CHUNK);
  const file = openSync(path, 'r');
  let total = 0;
  try {
    for (;;) {
      const room = own ?? scanner.room();
      const count = readSync(file, room, 0, Math.min(room.length, CHUNK), null);
      if (count === 0) break;
      total += count;
      if (total > maxBytes) throw Object.assign(new Error('too large'), { tooLarge: true });
      if (hash) hash.update(room.subarray(0, count));
      if (scanner) scanner.filled(count);
    }
  } finally {
    closeSync(file);
  }
  const result = scanner ? scanner.end() : { hits: [], truncated: false, parts: [], size: total };
  return { ...result, digest: hash ? hash.digest('hex') : '' };
}
async function packed({ path, parts, maxBytes }) {
  const scanner = createScanner(workerData, parts);
  const hash = createHash('sha256');
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  source.on('data', (chunk) => hash.update(chunk));
  source.on('error', (error) => gunzip.destroy(error));
  source.pipe(gunzip);
  let total = 0;
  for await (const chunk of gunzip) {
    total += chunk.length;
    if (total > maxBytes) throw Object.assign(new Error('too large'), { tooLarge: true });
    scanner.add(chunk);
  }
  return { ...scanner.end(), digest: hash.digest('hex') };
}
parentPort.on('message', async (job) => {
  try {
    const result = job.compression === 'gzip' ? await packed(job) : plain(job);
    parentPort.postMessage({ result }, result.parts.map((part) => part.buffer));
  } catch (error) {
    parentPort.postMessage({ failure: { message: String(error && error.message), code: error && error.code, tooLarge: Boolean(error && error.tooLarge) } });
  }
});`;

type Answer =
  | { readonly result: FileResult }
  | {
      readonly failure: {
        readonly message: string;
        readonly code?: string;
        readonly tooLarge: boolean;
      };
    };

interface Waiting {
  readonly job: FileJob;
  readonly resolve: (result: FileResult) => void;
  readonly reject: (error: unknown) => void;
}

/** At most `count` threads, started as there is work for them. */
export function startThreads(setup: ScanSetup, count: number): Threads {
  const workers = new Map<Worker, Waiting | undefined>();
  const queue: Waiting[] = [];
  const assign = (): void => {
    for (const [worker, current] of workers) {
      if (current) continue;
      const next = queue.shift();
      if (!next) return;
      workers.set(worker, next);
      worker.postMessage(next.job, []);
    }
    if (queue.length > 0 && workers.size < count) {
      start();
      assign();
    }
  };
  const start = (): void => {
    const worker = new Worker(`const createScanner = ${createScanner.toString()};${SERVE}`, {
      eval: true,
      workerData: setup,
      // Flags and preloads of the main program are not for this thread.
      execArgv: [],
      name: 'decant-audit',
    });
    const settle = (work: (waiting: Waiting) => void): void => {
      const waiting = workers.get(worker);
      workers.set(worker, undefined);
      if (waiting) work(waiting);
    };
    worker.on('message', (answer: Answer) => {
      settle(({ job, resolve, reject }) =>
        'result' in answer ? resolve(answer.result) : reject(failureOf(job, answer.failure)),
      );
      assign();
    });
    worker.on('error', (cause) => {
      settle(({ reject }) =>
        reject(new DecantError('INTERNAL', 'a thread that reads layers failed', { cause })),
      );
      workers.delete(worker);
      assign();
    });
    workers.set(worker, undefined);
  };
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        queue.push({ job, resolve, reject });
        assign();
      }),
    async close() {
      queue.length = 0;
      await Promise.all([...workers.keys()].map((worker) => worker.terminate()));
    },
  };
}

function failureOf(
  { path }: FileJob,
  {
    message,
    code,
    tooLarge,
  }: { readonly message: string; readonly code?: string; readonly tooLarge: boolean },
): DecantError {
  if (tooLarge) return new DecantError('ARCHIVE_TOO_LARGE', `the layer in ${path} is larger than allowed`);
  if (code?.startsWith('Z_') || code === 'ERR_STREAM_PREMATURE_CLOSE')
    return new DecantError('IMAGE_DAMAGED', `the layer in ${path} cannot be read: ${message}`);
  return new DecantError('FILE_UNREADABLE', `cannot read ${path}: ${message}`);
}
