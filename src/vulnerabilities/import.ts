/** Taking advisories in: from a file, or from an address that is asked again when they are to be renewed. */
import { collect } from '../codec/stream.ts';
import type { ByteStream } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { displayAddress } from '../net/address.ts';
import type { Fetcher } from '../net/fetch.ts';
import { told } from '../net/told.ts';
import type { Store } from '../store/store.ts';
import { isSourceName, type SourceDescription, writeSource } from './database.ts';
import { readSource, type SourceKind } from './sources/read-source.ts';

const MAX_BYTES = 2 * 1024 * 1024 * 1024 - 1;

export interface ImportOptions {
  readonly store: Store;
  /** What the source is called; without it, after where it came from. */
  readonly name?: string | undefined;
  /** The time, which no room reads itself. */
  readonly now: Date;
}

/** @param place The file's path, for messages and for the source's name. */
export async function importFile(
  bytes: ByteStream,
  place: string,
  options: ImportOptions,
): Promise<SourceDescription> {
  checkName(options.name);
  return take(await whole(bytes, place), place, {}, options);
}

export interface UpdateOptions extends ImportOptions {
  readonly fetcher: Fetcher;
  readonly emit: Emit;
  /** What is known of the source from before: it is not fetched again where nothing changed. */
  readonly before?: SourceDescription | undefined;
}

/** Undefined where what is there is what was fetched before. */
export async function importAddress(
  url: string,
  options: UpdateOptions,
): Promise<SourceDescription | undefined> {
  checkName(options.name);
  const { fetcher, emit, before } = options;
  const shown = displayAddress(url);
  const answer = await fetcher.get(url, {
    etag: before?.etag,
    lastModified: before?.lastModified,
    fresh: true,
  });
  if (answer.status === 'unchanged') return undefined;
  if (answer.status === 'missing') {
    throw new DecantError('NETWORK', `there is nothing at ${shown}`, { hint: 'check the address' });
  }
  const { etag, lastModified } = answer;
  const bytes = await whole(told(answer.body, emit, shown, 'advisories'), shown);
  const origin = {
    url,
    ...(etag !== undefined && { etag }),
    ...(lastModified !== undefined && { lastModified }),
  };
  return take(bytes, new URL(url).pathname, origin, { ...options, name: options.name ?? before?.name });
}

function whole(bytes: ByteStream, name: string): Promise<Buffer> {
  return collect(bytes, MAX_BYTES, () => new DecantError('ARCHIVE_TOO_LARGE', `${name} is larger than 2 GB`));
}

async function take(
  bytes: Buffer,
  place: string,
  origin: Pick<SourceDescription, 'url' | 'etag' | 'lastModified'>,
  { store, name, now }: ImportOptions,
): Promise<SourceDescription> {
  const { kind, advisories } = await readSource(bytes, place);
  return writeSource(
    store,
    { name: name ?? sourceName(place, kind), kind, ...origin, imported: now.toISOString() },
    advisories,
  );
}

function checkName(name: string | undefined): void {
  if (name === undefined || isSourceName(name)) return;
  throw new DecantError('USAGE', `${JSON.stringify(name)} cannot be the name of a source`, {
    hint: 'write lower-case letters, digits, dots, hyphens and underscores',
  });
}

/** `…/Debian/all.zip` is `debian`: of what OSV publishes, the folder says what it is. */
export function sourceName(place: string, kind: SourceKind): string {
  if (kind === 'debian-tracker') return 'debian-tracker';
  const parts = place.split('/').filter((part) => part !== '');
  const plain = (part: string | undefined): string =>
    (part ?? '')
      .toLowerCase()
      .replace(/(?:\.(?:json|zip|gz|xz|zst))+$/, '')
      .replaceAll(/[^a-z0-9._-]+/g, '-')
      .replace(/^[^a-z0-9]+/, '')
      .slice(0, 64);
  const last = plain(parts.at(-1));
  const name = last === 'all' ? plain(parts.at(-2)) : last;
  return isSourceName(name) ? name : 'osv';
}
