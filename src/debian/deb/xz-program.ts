/**
 * xz through the program of that name, where there is one: twice as fast as WebAssembly, and on a processor of its
 * own. What it writes is read through a pipe, so that the reader can bound it.
 */
import { spawn } from 'node:child_process';
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
  // No environment: XZ_OPT and XZ_DEFAULTS are for people, and messages are wanted in one language.
  const child = spawn(program, ['-dcq', '--threads=1', MEMORY_LIMIT], { env: { LC_ALL: 'C' } });
  let message = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (message.length < MAX_MESSAGE) message += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // A program that ends early breaks the pipe, and says why itself; what the source throws counts.
  const fed = pipeline(Readable.from(source, { objectMode: false }), child.stdin).then(
    () => undefined,
    (error: unknown) => error,
  );
  ended.catch(() => undefined);
  try {
    yield* child.stdout as AsyncIterable<Uint8Array>;
    const [status, fault] = await Promise.all([ended, fed]);
    if (status !== 0)
      throw new Error(message.replace(/^.*?: (?:\(stdin\): )?/, '').trim() || `xz: ${status}`);
    if (fault !== undefined) throw fault;
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL');
  }
}
