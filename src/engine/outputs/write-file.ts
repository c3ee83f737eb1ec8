/**
 * A file written whole or not at all: beside its place first, then renamed. Streams are written as they are. Unlike the
 * store's files it is not waited for until the disk has it, as other builders do not: the store can give it again.
 */
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DecantError, fromSystemError, systemCode } from '../../errors.ts';

/** @param bytes Where they go to a file, each chunk is written before the next is asked for. */
export async function writeTo(
  destination: string | Writable,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  if (typeof destination !== 'string') {
    const source = Readable.from(bytes, { objectMode: false });
    try {
      await pipeline(source, destination, { signal, end: false });
    } catch (error) {
      throw known(error, 'standard output');
    }
    return;
  }
  const temporary = `${destination}.${process.pid}.part`;
  try {
    const file = await open(temporary, 'w');
    try {
      for await (const chunk of bytes) {
        signal.throwIfAborted();
        await file.writeFile(chunk);
      }
    } finally {
      await file.close();
    }
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
