/**
 * The current release of a suite: asked for, or taken from the store where the server says that it has not changed,
 * and verified either way. The store remembers the newest release it has seen, so that an older one is noticed.
 */
import { collect } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { displayAddress } from '../net/address.ts';
import type { ArchiveContext } from './context.ts';
import { checkRelease, parseRelease, type Release } from './release.ts';
import { verifyOnce } from './signature-kept.ts';
import type { ArchiveSource } from './source.ts';
import { addressBelow } from './url.ts';

export interface LoadedRelease {
  readonly release: Release;
  /** Of the whole InRelease. */
  readonly digest: string;
  readonly signedBy: readonly string[];
  /** What it is called in messages. */
  readonly name: string;
}

const MAX_RELEASE_BYTES = 32 * 1024 * 1024;
/** Records of where the last InRelease of an address is, and of the newest release of each suite. */
const FILE_KIND = 'debian-inrelease';
const NEWEST_KIND = 'debian-newest';

/** Throws ARCHIVE_SIGNATURE, ARCHIVE_EXPIRED, ARCHIVE_ROLLBACK, ARCHIVE_INVALID, SUITE_UNKNOWN, NETWORK. */
export async function loadRelease(context: ArchiveContext, source: ArchiveSource): Promise<LoadedRelease> {
  const { store, now, allowExpired, allowRollback } = context;
  const address = addressBelow(source.uri, `dists/${source.suite}/InRelease`);
  const name = displayAddress(address);
  const file = await getFile(context, source, address, name);
  const keyring = context.keysOf(source);
  const signed = await verifyOnce(store, file.bytes, { keyring, now, allowExpired, name });
  const release = parseRelease(signed.text, name);

  const key = JSON.stringify([release.origin, release.label, release.suite, release.codename]);
  const newest = dateOf(await store.cache.get(NEWEST_KIND, key));
  checkRelease(release, { wanted: source.suite, now, allowExpired, allowRollback, newest, name });
  if (!newest || newest < release.date) {
    await store.cache.put(NEWEST_KIND, key, { date: release.date.toISOString() });
  }
  // Only now: what does not verify must not be what the next run takes for unchanged.
  const { digest } = await store.blobs.putBytes(file.bytes);
  await signed.keep();
  if (file.fresh) {
    const { etag, lastModified } = file;
    const record: FileRecord = {
      digest,
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
    };
    await store.cache.put(FILE_KIND, address, record, { blobs: [digest] });
  }
  return { release, digest, signedBy: signed.signedBy, name };
}

interface FileRecord {
  readonly digest: string;
  readonly etag?: string;
  readonly lastModified?: string;
}

interface ReleaseFile {
  readonly bytes: Buffer;
  readonly fresh: boolean;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

async function getFile(
  context: ArchiveContext,
  source: ArchiveSource,
  address: string,
  name: string,
): Promise<ReleaseFile> {
  const { store, fetcher } = context;
  const record = (await store.cache.get(FILE_KIND, address)) as FileRecord | undefined;
  // What is damaged or gone is fetched again.
  const known =
    record && (await store.blobs.readBytes(record.digest, MAX_RELEASE_BYTES).catch(() => undefined));
  if (context.offline) {
    if (known) return { bytes: known, fresh: false };
    throw new DecantError('NETWORK', `${name} is not in the store, and nothing may be fetched`, {
      hint: 'run the command once without --offline',
    });
  }
  const validators = known ? { etag: record?.etag, lastModified: record?.lastModified } : {};
  const answer = await fetcher.get(address, { ...validators, fresh: true });
  if (answer.status === 'unchanged' && known) return { bytes: known, fresh: false };
  if (answer.status !== 'found') {
    throw new DecantError('SUITE_UNKNOWN', `${displayAddress(source.uri)} has no suite ${source.suite}`, {
      hint: `there is no ${name}; check the suite and the address of the mirror`,
    });
  }
  const tooLarge = (): Error =>
    new DecantError('ARCHIVE_TOO_LARGE', `${name} has more than the ${MAX_RELEASE_BYTES} bytes allowed`);
  const bytes = await collect(answer.body, MAX_RELEASE_BYTES, tooLarge);
  return { bytes, fresh: true, etag: answer.etag, lastModified: answer.lastModified };
}

function dateOf(value: unknown): Date | undefined {
  const text = typeof value === 'object' && value !== null && 'date' in value ? value.date : undefined;
  const date = typeof text === 'string' ? new Date(text) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}
