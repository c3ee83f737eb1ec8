/** The store that commands work on. */
import { openStore } from '../store/store.ts';
import type { Store } from '../store/store.ts';
import { storeRoot } from '../store/root.ts';
import { allEnvironment, userId } from './io.ts';

/** Opens the store, hands it to `work`, and leaves nothing temporary behind. */
export async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(storeRoot(allEnvironment(), userId()));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
