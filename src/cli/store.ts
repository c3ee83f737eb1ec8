/** The store that commands work on. */
import type { Emit } from '../events.ts';
import { openStore } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { storeRoot } from '../store/root.ts';
import { allEnvironment, userId } from './io.ts';
import { registryAccess } from './registry.ts';
import type { RegistryAccess } from './registry.ts';

export interface WithStoreOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where the progress of fetching goes that reading the store may take. */
  readonly emit?: Emit | undefined;
  /** What the store lacks is not fetched; reading it is an error. */
  readonly offline?: boolean | undefined;
}

/** Opens the store, hands it to `work`, and leaves nothing temporary behind. */
export async function withStore<T>(
  work: (store: Store, registry: RegistryAccess) => Promise<T>,
  options: WithStoreOptions = {},
): Promise<T> {
  const registry = registryAccess(options);
  const supply = options.offline ? undefined : registry.supply;
  const store = await openStore(storeRoot(allEnvironment(), userId()), { supply });
  try {
    return await work(store, registry);
  } finally {
    await registry.close();
    await store.close();
  }
}
