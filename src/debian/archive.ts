/**
 * An archive of packages, opened for one architecture: its releases verified (apt-secure(8)), its indexes looked up,
 * its packages fetched. Nothing is believed that does not go back to a signature by a trusted key: InRelease has the
 * digests of the indexes, these have those of the packages.
 */
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import type { Store } from '../store/store.ts';
import { type Contents, loadContents, type OpenedSource } from './contents.ts';
import type { ArchiveContext } from './context.ts';
import { createFetcher, type FetcherOptions } from '../net/fetch.ts';
import { loadIndexes } from './index-load.ts';
import { type Keyring, keyringOf, type KeyringOptions, type KeySource } from './keyring.ts';
import type { Package, PackageIndex } from './package.ts';
import { type IndexPart, mergeIndexes } from './packages-index.ts';
import { fetchPackage, type PoolFile } from './pool.ts';
import { loadRelease, type LoadedRelease } from './release-load.ts';
import type { ArchiveSource } from './source.ts';

export type { ArchiveSource } from './source.ts';
export type { KeySource } from './keyring.ts';
export type { PoolFile } from './pool.ts';

export interface ArchiveOptions {
  readonly store: Store;
  /** In the order in which they are preferred where they have the same version of a package. */
  readonly sources: readonly ArchiveSource[];
  /** Debian's name for it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly now: Date;
  /** Accept releases past their Valid-Until, and signatures by keys that have expired since: snapshots. */
  readonly allowExpired?: boolean | undefined;
  /** Accept a release older than one seen before. */
  readonly allowRollback?: boolean | undefined;
  /** Only what the store has. */
  readonly offline?: boolean | undefined;
  /** Keys that count instead of those that the sources name. */
  readonly keyrings?: readonly KeySource[] | undefined;
  readonly keyring?: KeyringOptions | undefined;
  readonly environment?: FetcherOptions['environment'];
  readonly retryDelay?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly emit?: Emit | undefined;
}

export interface ArchiveRelease {
  /** As it was asked for. */
  readonly suite: string;
  readonly codename: string;
  readonly version: string;
  readonly date: Date;
  readonly validUntil?: Date;
  /** Of the InRelease file, which is in the store. */
  readonly digest: string;
  /** Fingerprints of the keys whose signatures are good. */
  readonly signedBy: readonly string[];
}

export interface Archive {
  readonly index: PackageIndex;
  readonly releases: readonly ArchiveRelease[];
  /** The verified .deb as a blob of the store. Throws DIGEST_MISMATCH, NETWORK. */
  readonly fetch: (wanted: PoolFile) => Promise<{ readonly digest: string; readonly size: number }>;
  /**
   * Which package has which library or program, read when it is first asked for: it is large where it is not in the
   * store yet. Throws NETWORK, DIGEST_MISMATCH, ARCHIVE_INVALID.
   */
  readonly contents: () => Promise<Contents>;
  /** Ends connections that are kept open for the next package. */
  readonly close: () => Promise<void>;
}

/**
 * Throws ARCHIVE_SIGNATURE, ARCHIVE_EXPIRED, ARCHIVE_ROLLBACK, DIGEST_MISMATCH, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE,
 * SUITE_UNKNOWN, NETWORK, INTERRUPTED.
 */
export async function openArchive(options: ArchiveOptions): Promise<Archive> {
  const { store, architecture, offline = false } = options;
  const emit = options.emit ?? (() => undefined);
  const pool = openPool(options);
  const context: ArchiveContext = {
    store,
    fetcher: pool.fetcher,
    architecture,
    now: options.now,
    allowExpired: options.allowExpired ?? false,
    allowRollback: options.allowRollback ?? false,
    offline,
    keysOf: keysOnce(options),
    emit,
  };
  const sources = options.sources.filter((source) => source.architectures?.includes(architecture) ?? true);
  if (sources.length === 0) {
    throw new DecantError('SUITE_UNKNOWN', `there is no package archive to open for ${architecture}`);
  }
  const release = await store.use();
  try {
    const opened = await allOrFirstFailure(sources.map((source) => openSource(context, source)));
    const index = mergeIndexes(
      architecture,
      opened.flatMap(({ parts }) => parts),
    );
    let contents: Promise<Contents> | undefined;
    return {
      index,
      releases: opened.map((one) => one.release),
      contents: () => (contents ??= withUse(store, () => loadContents(context, opened))),
      fetch: (wanted) => {
        const from = index.sourceOf(wanted as Package);
        return pool.fetch(wanted, from ? [from.uri] : undefined);
      },
      close: pool.close,
    };
  } catch (error) {
    await pool.close();
    throw error;
  } finally {
    release();
  }
}

export interface Pool {
  /** Gets a package, from the archives named or else from the pool's own in their order. */
  readonly fetch: (
    wanted: PoolFile,
    uris?: readonly string[],
  ) => Promise<{ readonly digest: string; readonly size: number }>;
  readonly close: () => Promise<void>;
}

/** Packages whose digests are known already, from a lock file: no release and no index is looked at. */
export function openPool(
  options: Pick<
    ArchiveOptions,
    'store' | 'sources' | 'offline' | 'environment' | 'retryDelay' | 'signal' | 'emit'
  >,
): Pool & { readonly fetcher: ArchiveContext['fetcher'] } {
  const { store, offline = false, emit = () => undefined, signal, environment, retryDelay } = options;
  const fetcher = createFetcher({ signal, environment, retryDelay });
  const running = new Map<string, Promise<{ digest: string; size: number }>>();
  const everywhere = [...new Set(options.sources.map((source) => source.uri))];
  return {
    fetcher,
    fetch: (wanted, uris = everywhere) => {
      const known = running.get(wanted.digest);
      if (known) return known;
      const fetched = fetchPackage({ store, fetcher, offline, emit }, wanted, uris).finally(() =>
        running.delete(wanted.digest),
      );
      running.set(wanted.digest, fetched);
      return fetched;
    },
    close: fetcher.close,
  };
}

interface Opened extends OpenedSource {
  readonly release: ArchiveRelease;
  readonly parts: readonly IndexPart[];
}

async function openSource(context: ArchiveContext, source: ArchiveSource): Promise<Opened> {
  const loaded = await loadRelease(context, source);
  const readers = await loadIndexes(context, source, loaded);
  return {
    source,
    loaded,
    release: described(source, loaded),
    parts: readers.map((reader) => ({ reader, source })),
  };
}

function described(source: ArchiveSource, { release, digest, signedBy }: LoadedRelease): ArchiveRelease {
  return {
    suite: source.suite,
    codename: release.codename,
    version: release.version,
    date: release.date,
    ...(release.validUntil ? { validUntil: release.validUntil } : {}),
    digest,
    signedBy,
  };
}

/** Sources mostly name the same keys, and reading them takes longer than verifying with them. */
function keysOnce({ keyrings, keyring }: ArchiveOptions): ArchiveContext['keysOf'] {
  const read = new Map<string, Keyring>();
  return ({ signedBy }) => {
    const named = keyrings ?? signedBy;
    const key = JSON.stringify(named ?? []);
    const known = read.get(key) ?? keyringOf(named, keyring);
    read.set(key, known);
    return known;
  };
}

async function withUse<T>(store: Store, work: () => Promise<T>): Promise<T> {
  const release = await store.use();
  try {
    return await work();
  } finally {
    release();
  }
}

/** Waits for all of them, so that nothing is still at work when the first failure is told. */
async function allOrFirstFailure<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  const results = await Promise.allSettled(work);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
