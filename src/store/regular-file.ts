/** Reading files that somebody else wrote, and may have put anything in the place of. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

import { DecantError } from '../errors.ts';

/** A regular file's bytes; no link is followed to it. Throws FILE_UNREADABLE, ARCHIVE_UNSAFE. */
export async function* readRegularFile(path: string): AsyncGenerator<Uint8Array> {
  // Not blocking, or opening a fifo would wait for a writer that never comes.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  let handle;
  try {
    handle = await open(path, flags);
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read ${path}`, { cause: error });
  }
  try {
    if (!(await handle.stat()).isFile()) {
      throw new DecantError('ARCHIVE_UNSAFE', `${path} is not a regular file`);
    }
    yield* handle.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>;
  } finally {
    await handle.close();
  }
}
