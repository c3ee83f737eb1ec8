/** What a build warns of when it is done: its cache cannot be read, or it took much of its context. */
import { type Emit, monotonic } from '../../events.ts';
import type { Store } from '../../store/store.ts';
import { LARGE_BYTES } from '../large-context.ts';
import type { TakenFiles } from '../large-context.ts';

/** A record that does not read is a miss: nothing is lost but time, and somebody should know why. */
export function warnOfDamage({ cache, root }: Store, emit: Emit): void {
  const count = cache.damaged();
  if (count === 0) return;
  const message = `${count} of the records in ${root}/cache could not be read; their steps count as never done`;
  emit({ type: 'warning', time: monotonic(), message });
}

/** A directory of which much is taken may hold what nobody wanted to be. */
export function warnOfSize(taken: TakenFiles | undefined, emit: Emit): void {
  const bytes = taken?.bytes() ?? 0;
  if (!taken || bytes < LARGE_BYTES) return;
  const megabytes = (size: number): string => `${(size / 1e6).toFixed(size < 1e7 ? 1 : 0)} MB`;
  const entries = taken.largest().map((entry) => `${entry.path} ${megabytes(entry.bytes)}`);
  const message = `steps took ${megabytes(bytes)} of the build context; leave out what the image does not need with .dockerignore. The largest: ${entries.join(', ')}`;
  emit({ type: 'warning', time: monotonic(), message });
}
