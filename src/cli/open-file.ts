/** Files that commands read archives from. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DecantError, systemCode } from '../errors.ts';

/** A file to read, known to be there: a stream would tell only later. */
export async function openFile(file: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    const stats = await stat(file);
    if (stats.isDirectory())
      throw new DecantError('FILE_UNREADABLE', `${file} is a directory, not an archive`, {
        hint: `pack it first: tar -C ${file} -c . | decant import - NAME`,
      });
  } catch (error) {
    if (error instanceof DecantError) throw error;
    throw unreadable(file, error);
  }
  return readFile(file);
}

async function* readFile(file: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(file, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>;
  } catch (error) {
    throw unreadable(file, error);
  }
}

function unreadable(file: string, error: unknown): DecantError {
  const isMissing = systemCode(error) === 'ENOENT';
  return new DecantError('FILE_UNREADABLE', isMissing ? `there is no file ${file}` : `cannot read ${file}`, {
    cause: isMissing ? undefined : error,
    hint: isMissing ? 'check the path; - stands for standard input' : 'check its permissions',
  });
}
