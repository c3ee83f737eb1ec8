/**
 * A file written whole or not at all: beside its place first, then renamed. Streams are written as they are. Unlike the
 * store's files it is not waited for until the disk has it, as other builders do not: the store can give it again.
 */
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DecantError, fromSystemError, systemCode } from '../../errors.ts';

export async function writeTo(
  destination: string | Writable,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const source = Readable.from(bytes, { objectMode: false });
  if (typeof destination !== 'string') {
    try {
      await pipeline(source, destination, { signal, end: false });
    } catch (error) {
      throw known(error, 'standard output');
    }
    return;
  }
  const temporary = `${destination}.${process.pid}.part`;
  try {
    await pipeline(source, createWriteStream(temporary), { signal });
    await rename(temporary, destination);
  } catch (error) {
    await rm(temporary, { force: true });
    throw known(error, destination);
  }
}

function known(error: unknown, destination: string): unknown {
  const translated = fromSystemError(error, `writing ${destination}`);
  if (
    translated !== error ||
    error instanceof DecantError ||
    !(error instanceof Error) ||
    !('syscall' in error)
  )
    return translated;
  const isClosed = systemCode(error) === 'EPIPE';
  return new DecantError('FILE_UNWRITABLE', `cannot write ${destination}`, {
    cause: error,
    hint: isClosed
      ? 'the program that should read it has ended'
      : 'does its directory exist, and may you write there?',
  });
}
