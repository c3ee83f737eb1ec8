/** `decant import` */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DecantError, systemCode } from '../../errors.ts';
import { importRoot } from '../../engine/import-root.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { platformFlag, sourceDateEpoch } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import { environment, errorTerminal, print, standardInput } from '../io.ts';
import { createProgress } from '../progress/progress.ts';
import type { ProgressMode } from '../progress/progress.ts';
import { withStore } from '../store.ts';

interface Flags {
  readonly platform?: string;
  readonly progress: ProgressMode;
}

export async function command(file: string, name: string, flags: Flags): Promise<void> {
  const platform = platformFlag(flags.platform) ?? hostPlatform();
  const interruption = onInterrupt();
  const progress = createProgress(flags.progress, errorTerminal());
  try {
    const archive = file === '-' ? standardInput() : await openFile(file);
    const imported = await withStore((store) =>
      importRoot({
        store,
        archive,
        what: file === '-' ? 'the archive on standard input' : file,
        name,
        platform,
        epoch: sourceDateEpoch(environment('SOURCE_DATE_EPOCH')),
        signal: interruption.signal,
        emit: progress.emit,
      }),
    );
    progress.close();
    print(`${imported.name} ${imported.imageId}`);
  } finally {
    progress.close();
    interruption.dispose();
  }
}

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
