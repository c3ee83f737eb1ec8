/** What copying and looking at images anywhere works with: the store, registries, files, and progress. */
import { writeTo } from '../engine/outputs/write-file.ts';
import type { Emit } from '../events.ts';
import type { Store } from '../store/store.ts';
import type { Means } from '../transport/image.ts';
import { onInterrupt } from './interrupt.ts';
import { allEnvironment, errorTerminal } from './io.ts';
import { openFile } from './open-file.ts';
import { createProgress, type ProgressMode } from './progress/progress.ts';
import type { RegistryAccess } from './registry.ts';
import { withStore } from './store.ts';

/** Those of a command, which can be interrupted. */
export interface CommandMeans extends Means {
  readonly signal: AbortSignal;
}

export function meansOf(
  store: Store,
  { session }: RegistryAccess,
  emit: Emit,
  signal: AbortSignal,
): CommandMeans {
  return {
    store,
    session,
    writeFile: (path, bytes) => writeTo(path, bytes, signal),
    readFile: openFile,
    environment: allEnvironment(),
    emit,
    signal,
  };
}

/** Gives what `work` gives, once progress is off the screen. */
export async function withMeans<T>(
  mode: ProgressMode,
  work: (means: CommandMeans) => Promise<T>,
): Promise<T> {
  const interruption = onInterrupt();
  const progress = createProgress(mode, errorTerminal());
  const { signal } = interruption;
  const { emit } = progress;
  try {
    return await withStore((store, registry) => work(meansOf(store, registry, emit, signal)), {
      signal,
      emit,
    });
  } finally {
    progress.close();
    interruption.dispose();
  }
}
