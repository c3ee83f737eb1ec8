/** What the parts of opening an archive share. */
import type { PublicKey } from 'openpgp';

import type { Emit } from '../events.ts';
import type { Store } from '../store/store.ts';
import type { Fetcher } from './fetch.ts';
import type { ArchiveSource } from './source.ts';

export interface ArchiveContext {
  readonly store: Store;
  readonly fetcher: Fetcher;
  /** Debian's name for it: `amd64`. */
  readonly architecture: string;
  readonly now: Date;
  readonly allowExpired: boolean;
  readonly allowRollback: boolean;
  /** Nothing is asked of any server. */
  readonly offline: boolean;
  /** The keys that a source's releases may be signed with. */
  readonly keysOf: (source: ArchiveSource) => Promise<readonly PublicKey[]>;
  readonly emit: Emit;
}

const INTERVAL_MS = 100;

/** The same bytes, told about not more often than anyone can look. `total` is in bytes. */
export async function* told(
  source: AsyncIterable<Uint8Array>,
  emit: Emit,
  id: string,
  label: string,
  total?: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let last = performance.now();
  const tell = (done: boolean): void => {
    last = performance.now();
    emit({ type: 'transfer', time: last, id, label, bytes, ...(total === undefined ? {} : { total }), done });
  };
  for await (const chunk of source) {
    bytes += chunk.length;
    if (performance.now() - last >= INTERVAL_MS) tell(false);
    yield chunk;
  }
  tell(true);
}
