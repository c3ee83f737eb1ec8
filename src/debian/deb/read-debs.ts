/** Several packages side by side, as many as there are processors. */
import { availableParallelism } from 'node:os';
import type { Deb } from './deb.ts';
import { readDeb, type ReadDebOptions } from './read-deb.ts';

export interface ReadDebsOptions extends Omit<ReadDebOptions, 'name'> {
  /** How many at a time; unless told, one a processor and one more, so that none waits for the disk. */
  readonly atOnce?: number;
}

/** The packages in the order of their files. The first that fails ends the reading of all. */
export async function readDebs(paths: readonly string[], options: ReadDebsOptions): Promise<readonly Deb[]> {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const debs: Deb[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < paths.length; index = next++) {
      debs[index] = await readDeb(paths[index] ?? '', { ...options, signal });
    }
  };
  const workers = Math.min(paths.length, options.atOnce ?? availableParallelism() + 1);
  const done = await Promise.allSettled(
    Array.from({ length: workers }, async () => {
      try {
        await work();
      } catch (error) {
        // The others fail because of this one; only its reason is told.
        const first = !signal.aborted;
        stop.abort();
        if (first) throw error;
      }
    }),
  );
  options.signal.throwIfAborted();
  for (const result of done) if (result.status === 'rejected') throw result.reason;
  return debs;
}
