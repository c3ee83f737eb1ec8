/** What the `decant cache` commands share: files in caches belong to many users, so an ordinary user's are reached inside. */
import type { Store } from '../store/store.ts';
import { privileges, runInUserNamespace } from './privileges.ts';
import { withStore } from './store.ts';

/** @param work Told whether it runs inside a user namespace. */
export async function withCaches(
  work: (store: Store, userNamespace: boolean) => Promise<number | void>,
): Promise<number> {
  const may = privileges();
  if (may === 'none') return runInUserNamespace();
  let status: number | void = 0;
  await withStore(async (store) => {
    const release = await store.use();
    try {
      status = await work(store, may === 'namespace');
    } finally {
      release();
    }
  });
  return status ?? 0;
}
