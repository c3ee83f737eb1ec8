/**
 * Decompression with the machine's own `xz` where there is one: it takes half of the time that the decoder in codec/
 * takes, and a process of its own. Bounds and errors are the same.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { type Compression, decompress, type DecompressLimits } from '../codec/compression.ts';
import type { ByteStream } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';

/** The dictionary of `xz -9` takes 65 MiB; Debian's packages need 9. */
const MEMORY_LIMIT = '--memlimit-decompress=256MiB';

/**
 * As `decompress` of codec/. `program` is the path of xz, or undefined to do without. Throws ARCHIVE_INVALID,
 * ARCHIVE_TOO_LARGE, and what the source throws.
 */
export function decompressFast(
  source: ByteStream,
  kind: Compression,
  limits: DecompressLimits = {},
  program: string | undefined = xzProgram(),
): AsyncIterable<Uint8Array> {
  if (kind !== 'xz' || program === undefined) return decompress(source, kind, limits);
  return throughProgram(source, program, limits);
}

/** The path of the xz program, if it is installed. Relative folders of PATH are not looked at. */
export function xzProgram(path: string = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, 'xz'))
    .find(isExecutable);
}

async function* throughProgram(
  source: ByteStream,
  program: string,
  limits: DecompressLimits,
): AsyncGenerator<Uint8Array> {
  const { name = 'compressed data' } = limits;
  const child = spawn(program, ['--decompress', '--stdout', '--format=xz', MEMORY_LIMIT], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { LC_ALL: 'C' },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(0, 1000)));
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', (error) => {
      said ||= error.message;
      resolve(null);
    });
    child.once('close', resolve);
  });
  let fed = 0;
  let failure: { readonly error: unknown } | undefined;
  const feed = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        fed += chunk.length;
        yield chunk;
      }
    } catch (error) {
      failure = { error };
      throw error;
    }
  };
  // A program that ends early closes its input; its status says why.
  const feeding = pipeline(Readable.from(feed(), { objectMode: true }), child.stdin).catch(() => undefined);
  try {
    // Nothing is measured against the ratio here: the program reads ahead, and the bytes are bounded.
    yield* decompress(child.stdout as AsyncIterable<Buffer>, 'none', limits);
    await feeding;
    const status = await ended;
    if (failure) throw failure.error;
    if (status !== 0 || fed === 0) {
      const why = said.trim().split('\n', 1)[0] || 'it is empty';
      throw new DecantError('ARCHIVE_INVALID', `${name}: the xz data is damaged or cut off (${why})`);
    }
  } finally {
    child.kill();
    await feeding;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
