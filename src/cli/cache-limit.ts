/** The build cache stays within a limit by itself: looked at when a build is done, and not more than once a day. */
import { DecantError } from '../errors.ts';
import { type Emit, monotonic } from '../events.ts';
import type { Store } from '../store/store.ts';
import { formatBytes } from '../report/text/bytes.ts';
import type { Config } from './config.ts';
import { privileges } from './privileges.ts';

/** Where decant.yaml says nothing. */
const DEFAULT_MAX_BYTES = 50 * 1024 ** 3;
const DAY_MS = 24 * 60 * 60 * 1000;
const KIND = 'limit';

export async function keepWithinLimit(
  store: Store,
  { cacheMaxSize = DEFAULT_MAX_BYTES }: Config,
  emit: Emit,
): Promise<void> {
  if (cacheMaxSize === 0) return;
  const key = String(cacheMaxSize);
  const last = store.cache.getSync(KIND, key);
  if (typeof last === 'number' && Math.abs(Date.now() - last) < DAY_MS) return;
  // What RUN steps wrote can be removed by those alone who may write it.
  if (privileges() === 'none' && store.layers.list().length + store.mounts.list().length > 0) return;
  try {
    // Most stores have room for everything, images too, and nothing is touched.
    if ((await sizeOf(store)) > cacheMaxSize) {
      const { freedBytes, cache, mounts } = await store.prune({ maxBytes: cacheMaxSize, keepUnnamed: true });
      const message = `the build cache is kept within ${formatBytes(cacheMaxSize)}: ${formatBytes(freedBytes)} that were not used for longest are gone`;
      if (cache.count + mounts.count > 0) emit({ type: 'warning', time: monotonic(), message });
    }
    await store.cache.put(KIND, key, Date.now());
  } catch (error) {
    // Somebody else uses the store, or it is damaged: the build is done all the same, and the next one looks again.
    if (!(error instanceof DecantError)) throw error;
  }
}

async function sizeOf(store: Store): Promise<number> {
  let { totalBytes } = await store.usage();
  for (const { name } of store.mounts.list()) totalBytes += await store.mounts.sizeOf(name);
  return totalBytes;
}
