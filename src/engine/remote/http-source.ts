/**
 * A file that ADD takes from a URL (BuildKit's http source): kept in the store by its digest, and asked for again only
 * as far as the server's tag or date says that it is another one. A checksum makes asking needless.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { ByteStream } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import { displayAddress } from '../../net/address.ts';
import type { Fetched } from '../../net/fetch.ts';
import type { Store } from '../../store/store.ts';
import { keyOf } from '../content-key.ts';
import { startTransfer } from '../../net/told.ts';

export interface HttpFile {
  /** sha256, as the store has it. */
  readonly digest: string;
  readonly size: number;
  /** What the server says about its last change, in seconds; 0 without that. */
  readonly mtime: number;
}

export interface HttpOptions {
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** Nobody adds a larger file on purpose. */
const MAX_BYTES = 64 * 1024 ** 3;
const KIND = 'http';

interface Kept extends HttpFile {
  readonly etag?: string;
  readonly lastModified?: string;
  /** The checksum that it was found to have. */
  readonly checksum?: string;
}

/** @throws DecantError NETWORK, CHECKSUM_MISMATCH, COPY_FAILED, INTERRUPTED */
export async function fetchFile(
  url: string,
  checksum: string | undefined,
  options: HttpOptions,
): Promise<HttpFile> {
  const { store } = options;
  const key = keyOf(url);
  const kept = keptFile(store, key);
  if (kept && checksum !== undefined && kept.checksum === checksum) return kept;
  const { createFetcher } = await import('../../net/fetch.ts');
  const fetcher = createFetcher({ signal: options.signal });
  try {
    const answer = await fetcher.get(url, { etag: kept?.etag, lastModified: kept?.lastModified });
    if (answer.status === 'missing')
      throw new DecantError('NETWORK', `${displayAddress(url)} is not there: the server knows no such file`);
    const file = answer.status === 'found' ? await keep(answer, url, options) : (kept as Kept);
    if (checksum !== undefined) await verify(store, file, checksum, url);
    const record: Kept = { ...file, ...(checksum === undefined ? {} : { checksum }) };
    await store.cache.put(KIND, key, record, { blobs: [file.digest] });
    return file;
  } finally {
    await fetcher.close();
  }
}

async function keep(
  { body, etag, lastModified }: Fetched & { readonly status: 'found' },
  url: string,
  { store, emit }: HttpOptions,
): Promise<Kept> {
  const { digest, size } = await store.blobs.put(bounded(body, url, emit));
  const time = lastModified === undefined ? Number.NaN : Date.parse(lastModified) / 1000;
  return {
    digest,
    size,
    mtime: time >= 0 ? Math.floor(time) : 0,
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
  };
}

async function* bounded(body: ByteStream, url: string, emit: Emit): AsyncGenerator<Uint8Array> {
  const shown = displayAddress(url);
  const transfer = startTransfer(emit, `get ${shown}`, `getting ${shown}`);
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new DecantError('COPY_FAILED', `${shown} has more than ${MAX_BYTES} bytes`);
    transfer.add(chunk.length);
    yield chunk;
  }
  transfer.done();
}

async function verify(store: Store, file: HttpFile, checksum: string, url: string): Promise<void> {
  const [algorithm = '', expected] = checksum.split(':');
  const found = algorithm === 'sha256' ? file.digest : `${algorithm}:${await hashed(store, file, algorithm)}`;
  if (found === `${algorithm}:${expected}`) return;
  throw new DecantError(
    'CHECKSUM_MISMATCH',
    `digest mismatch for ${displayAddress(url)}: ${found} (expected: ${checksum})`,
  );
}

async function hashed(store: Store, { digest }: HttpFile, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(store.blobs.path(digest))) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** What was got before; nothing where the file itself is gone, or the record is another's. */
function keptFile(store: Store, key: string): Kept | undefined {
  const value = store.cache.getSync(KIND, key) as Partial<Kept> | undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const { digest, size, mtime } = value;
  const isWhole = typeof digest === 'string' && typeof size === 'number' && typeof mtime === 'number';
  return isWhole && store.blobs.stat(digest)?.size === size ? (value as Kept) : undefined;
}
