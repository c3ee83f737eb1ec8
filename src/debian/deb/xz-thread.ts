/**
 * xz in a thread, through xz-decompress, where there is no program for it: the library decodes one stream at a time
 * in a process, but in each thread one. Chunks are handed over, never copied, and few are under way at a time.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { ByteStream } from '../../codec/stream.ts';

/** Chunks (64 KiB each) that the thread may be ahead of its reader. */
const AHEAD = 16;

/** What the thread says: it wants input, has output, is done, or failed. */
type Message =
  | { readonly kind: 'input' }
  | { readonly kind: 'output'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'failure'; readonly why: string };

const SERVE = `
const { parentPort, workerData } = require('node:worker_threads');
const { ReadableStream } = require('node:stream/web');
const { XzReadableStream } = require(workerData.library);
let credit = workerData.ahead;
let wake = () => {};
let give = () => {};
parentPort.on('message', (message) => {
  if (message === 'more') { credit += 1; wake(); } else give(message);
});
const source = new ReadableStream({
  pull: (controller) => new Promise((resolve) => {
    give = (bytes) => {
      if (bytes === null) controller.close(); else controller.enqueue(bytes);
      resolve();
    };
    parentPort.postMessage({ kind: 'input' });
  }),
}, { highWaterMark: 0 });
(async () => {
  const reader = new XzReadableStream(source).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    while (credit === 0) await new Promise((resolve) => { wake = resolve; });
    credit -= 1;
    const bytes = value.slice();
    parentPort.postMessage({ kind: 'output', bytes }, [bytes.buffer]);
  }
  parentPort.postMessage({ kind: 'end' });
})().catch((error) => parentPort.postMessage({ kind: 'failure', why: String(error && error.message) }));`;

/** Throws an Error where the data is damaged or cut off, and what the source throws. */
export async function* xzThread(source: ByteStream): AsyncGenerator<Uint8Array> {
  const library = createRequire(import.meta.url).resolve('xz-decompress');
  const worker = new Worker(SERVE, {
    eval: true,
    workerData: { library, ahead: AHEAD },
    // Flags and preloads of the main program are not for this thread.
    execArgv: [],
    name: 'decant-xz',
  });
  const input = source[Symbol.asyncIterator]();
  const messages = inbox();
  worker.on('message', (message: Message) => {
    if (message.kind === 'input') {
      input.next().then(
        (next) => worker.postMessage(next.done ? null : next.value, []),
        (error: unknown) => messages.fail(error),
      );
    } else {
      messages.put(message);
    }
  });
  worker.on('error', (error) => messages.fail(error));
  worker.on('exit', () => messages.fail(new Error('the thread that decompresses ended')));
  try {
    for (;;) {
      const message = await messages.take();
      if (message.kind === 'failure') throw new Error(message.why);
      if (message.kind !== 'output') return;
      yield message.bytes;
      worker.postMessage('more', []);
    }
  } finally {
    await worker.terminate();
    await input.return?.();
  }
}

/** Messages in their order, waited for one at a time; a failure comes after those that are there already. */
function inbox() {
  const waiting: Message[] = [];
  let failure: { readonly error: unknown } | undefined;
  let wake: () => void = () => undefined;
  return {
    put(message: Message): void {
      waiting.push(message);
      wake();
    },
    fail(error: unknown): void {
      failure ??= { error };
      wake();
    },
    async take(): Promise<Message> {
      for (;;) {
        const message = waiting.shift();
        if (message) return message;
        if (failure) throw failure.error;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
