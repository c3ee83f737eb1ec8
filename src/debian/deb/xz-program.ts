/**
 * xz through the program of that name, where there is one: twice as fast as WebAssembly, and on a processor of its
 * own. What it writes is read through a pipe, so that the reader can bound it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ByteStream } from '../../codec/stream.ts';

const MAX_MESSAGE = 4096;
/** xz's own packages need 9 MiB; its highest preset 65. Beyond that somebody means harm. */
const MEMORY_LIMIT = '--memlimit-decompress=128MiB';

/** The program's path, or undefined where there is none. `path` is the value of PATH. */
export async function findXz(path: string): Promise<string | undefined> {
  for (const directory of path.split(delimiter)) {
    if (!isAbsolute(directory)) continue;
    const program = join(directory, 'xz');
    const found = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return program;
  }
  return undefined;
}

/** Throws an Error with the program's own words where the data is damaged or cut off. */
export async function* xzProgram(source: ByteStream, program: string): AsyncGenerator<Uint8Array> {
  const { child, ended } = start(source, program);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    await ended;
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}

/**
 * Files that are named `….xz`, each into one without the suffix beside it, past this program. Nobody bounds them: for data
 * that was decoded before. False where one of them could not be decoded. Throws what `signal` was aborted with.
 */
export async function xzFiles(
  files: readonly string[],
  program: string,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  const child = spawn(program, ['-dkq', '--threads=1', MEMORY_LIMIT, '--', ...files], {
    env: { LC_ALL: 'C' },
    stdio: 'ignore',
  });
  const stop = (): unknown => child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    signal.throwIfAborted();
    return status === 0;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

interface Started {
  readonly child: ChildProcess;
  /** Done when all was decoded. */
  readonly ended: Promise<void>;
}

function start(source: ByteStream, program: string): Started {
  // No environment: XZ_OPT and XZ_DEFAULTS are for people, and messages are wanted in one language.
  const child = spawn(program, ['-dcq', '--threads=1', MEMORY_LIMIT], {
    env: { LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let message = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (message.length < MAX_MESSAGE) message += text;
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // A program that ends early breaks the pipe, and says why itself; what the source throws counts.
  const input = child.stdin;
  const fed = pipeline(Readable.from(source, { objectMode: false }), input).then(
    () => undefined,
    (error: unknown) => error,
  );
  const ended = (async () => {
    const [status, fault] = await Promise.all([exited, fed]);
    if (status !== 0)
      throw new Error(message.replace(/^.*?: (?:\(stdin\): )?/, '').trim() || `xz: ${status}`);
    if (fault !== undefined) throw fault;
  })();
  // Whoever reads only the beginning does not wait for the end.
  ended.catch(() => undefined);
  return { child, ended };
}
