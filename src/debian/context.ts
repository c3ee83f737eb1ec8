/** What the parts of opening an archive share. */
import type { Emit } from '../events.ts';
import type { Store } from '../store/store.ts';
import type { Fetcher } from '../net/fetch.ts';
import type { Keyring } from './keyring.ts';
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
  readonly keysOf: (source: ArchiveSource) => Keyring;
  readonly emit: Emit;
}
