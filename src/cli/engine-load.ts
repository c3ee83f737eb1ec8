/** `decant build --load`: an image for Docker or Podman, whichever is here. Loaded when it is asked for. */
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DecantError, systemCode } from '../errors.ts';

const ENGINES = ['docker', 'podman'] as const;

export interface Engine {
  /** Throws LOAD_FAILED, INTERRUPTED. */
  readonly load: (archive: AsyncIterable<Uint8Array>, signal: AbortSignal) => Promise<void>;
}

/** The first engine that answers. @throws DecantError TOOL_MISSING */
export async function findEngine(): Promise<Engine> {
  for (const engine of ENGINES)
    if (await answers(engine)) return { load: (archive, signal) => loadInto(engine, archive, signal) };
  throw new DecantError('TOOL_MISSING', 'there is neither Docker nor Podman to load the image into', {
    hint: 'start one of them, or leave out --load: `decant run` runs images of the store',
  });
}

async function loadInto(
  engine: string,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(engine, ['load'], { stdio: ['pipe', 'ignore', 'pipe'], signal });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-8192);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  // An engine that ends early is reported by its status and its words, not by the pipe that it left.
  const fed = pipeline(Readable.from(archive, { objectMode: false }), child.stdin).catch((error: unknown) => {
    if (systemCode(error) !== 'EPIPE') throw error;
  });
  const [status] = await Promise.all([ended, fed]);
  if (status === 0) return;
  throw new DecantError('LOAD_FAILED', `${engine} load ended with status ${status}`, {
    output: said.split('\n').filter((line) => line.trim() !== ''),
  });
}

function answers(engine: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(engine, ['version'], { stdio: 'ignore' });
    child.on('error', () => resolve(false));
    child.on('close', (status) => resolve(status === 0));
  });
}
