/** Packages themselves: fetched once, verified by the digest that a signed index (or a lock file) has, kept as blobs. */
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { displayAddress } from '../net/address.ts';
import { told } from '../net/told.ts';
import type { BlobInfo } from '../store/blobs.ts';
import type { Store } from '../store/store.ts';
import type { Fetcher } from '../net/fetch.ts';
import { addressBelow } from './url.ts';

/** What is needed of a package to get it. */
export interface PoolFile {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Path below the archive. */
  readonly filename: string;
  /** Bytes. */
  readonly size: number;
  /** `sha256:…` */
  readonly digest: string;
}

export interface PoolContext {
  readonly store: Store;
  readonly fetcher: Fetcher;
  readonly offline: boolean;
  readonly emit: Emit;
}

const KIND = 'deb';

/**
 * Gets a package from the first of the archives that has it. The `deb` record keeps the blob for as long as it is
 * used. Throws DIGEST_MISMATCH, NETWORK, ARCHIVE_INVALID.
 */
export async function fetchPackage(
  context: PoolContext,
  file: PoolFile,
  uris: readonly string[],
): Promise<BlobInfo> {
  const { store } = context;
  const { name, version, architecture, digest, size } = file;
  const release = await store.use();
  try {
    const there = store.blobs.stat(digest);
    // Reading the record marks it as used.
    if (there?.size === size && (await store.cache.get(KIND, digest)) !== undefined) return { digest, size };
    if (there?.size !== size) await download(context, file, uris);
    await store.cache.put(KIND, digest, { name, version, architecture, size }, { blobs: [digest] });
    return { digest, size };
  } finally {
    release();
  }
}

async function download(context: PoolContext, file: PoolFile, uris: readonly string[]): Promise<void> {
  const { store, fetcher, emit } = context;
  const what = `package ${file.name} ${file.version} (${file.architecture})`;
  if (context.offline) {
    throw new DecantError('NETWORK', `${what} is not in the store, and nothing may be fetched`, {
      hint: 'run the command once without --offline',
    });
  }
  for (const uri of uris) {
    const answer = await fetcher.get(addressBelow(uri, file.filename));
    if (answer.status !== 'found') continue;
    const label = `${file.name} ${file.version}`;
    const body = told(answer.body, emit, `deb ${file.digest}`, label, file.size);
    await store.blobs.put(body, { digest: file.digest, size: file.size }).catch((error: unknown) => {
      throw isMismatch(error) ? mismatch(what, uri, error) : error;
    });
    return;
  }
  throw new DecantError(
    'NETWORK',
    `${what} is not on ${uris.map(displayAddress).join(' or ') || 'any mirror'}`,
    {
      hint: 'mirrors keep only what their indexes list: an older version may still be on a snapshot of the archive',
    },
  );
}

function isMismatch(error: unknown): error is DecantError {
  return error instanceof DecantError && error.code === 'DIGEST_MISMATCH';
}

function mismatch(what: string, uri: string, error: DecantError): DecantError {
  const why = error.message.replace(/^.*? is not what it should be: /, '');
  return new DecantError(
    'DIGEST_MISMATCH',
    `${what} on ${displayAddress(uri)} is not what it should be: ${why}`,
    {
      cause: error.cause,
      hint: 'the mirror, or a cache on the way, has a damaged file: use another mirror',
    },
  );
}
