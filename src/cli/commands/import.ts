/** `decant import` */
import { importRoot } from '../../engine/import-root.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { platformFlag, sourceDateEpoch } from '../flags.ts';
import { onInterrupt } from '../interrupt.ts';
import { environment, errorTerminal, print, standardInput } from '../io.ts';
import { openFile } from '../open-file.ts';
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
