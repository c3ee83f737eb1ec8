/**
 * Which package has a file: the `Contents` indexes of the suites, from the store in their compact form, or fetched,
 * verified as package indexes are, and put there. Where a suite publishes none that has anything in it (security), the
 * packages are those of the main suite by name.
 */
import { DecantError } from '../errors.ts';
import { displayAddress } from '../net/address.ts';
import type { ArchiveContext } from './context.ts';
import { buildContents, CONTENTS_FORMAT, CONTENTS_HEADER } from './contents-build.ts';
import { explainUpdate, fetchListed, listedForms } from './index-fetch.ts';
import { recordedDigest } from './index-load.ts';
import type { LoadedRelease } from './release-load.ts';
import type { ArchiveSource } from './source.ts';

export interface FileOwner {
  /** Without a leading slash: `usr/lib/x86_64-linux-gnu/libpq.so.5`. */
  readonly path: string;
  /** Names of packages. */
  readonly packages: readonly string[];
}

export interface Contents {
  /** Everything known that has this file name, in the order of the indexes: shared libraries, loaders, programs. */
  readonly named: (fileName: string) => readonly FileOwner[];
}

const KIND = 'debian-contents';
/** Five times that of Debian. */
const MAX_CONTENTS_BYTES = 1024 * 1024 * 1024;
const MAX_COMPACT_BYTES = 256 * 1024 * 1024;

export interface OpenedSource {
  readonly source: ArchiveSource;
  readonly loaded: LoadedRelease;
}

/** Throws NETWORK, DIGEST_MISMATCH, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE. */
export async function loadContents(
  context: ArchiveContext,
  opened: readonly OpenedSource[],
): Promise<Contents> {
  const texts: Buffer[] = [];
  for (const { source, loaded } of opened) {
    for (const component of source.components) {
      const text = await loadOne(context, source, loaded, `${component}/Contents-${context.architecture}`);
      if (text) texts.push(text);
    }
  }
  return { named: (fileName) => texts.flatMap((text) => find(text, fileName)) };
}

/** Undefined where the release does not list it, or lists it empty. */
async function loadOne(
  context: ArchiveContext,
  source: ArchiveSource,
  loaded: LoadedRelease,
  path: string,
): Promise<Buffer | undefined> {
  const { store } = context;
  const { release } = loaded;
  const plain = release.files.get(path);
  const identity = plain ?? listedForms(release, path)[0]?.file;
  if (!identity || plain?.size === 0) return undefined;
  const key = JSON.stringify([CONTENTS_FORMAT, identity.digest]);
  const known = await readKnown(context, recordedDigest(await store.cache.get(KIND, key)));
  if (known) return known;
  const what = `${displayAddress(source.uri)} ${source.suite} ${path}`;
  if (context.offline) {
    throw new DecantError(
      'NETWORK',
      `the list of files ${what} is not in the store, and nothing may be fetched`,
      { hint: 'run the command once without --offline' },
    );
  }
  const text = await fetchListed(context, source, loaded, path, { what, maxBytes: MAX_CONTENTS_BYTES });
  const { digest } = await store.blobs.put(buildContents(text, what)).catch(explainUpdate);
  await store.cache.put(KIND, key, { digest }, { blobs: [digest] });
  return store.blobs.readBytes(digest, MAX_COMPACT_BYTES);
}

/** What is damaged or gone is made again. */
async function readKnown({ store }: ArchiveContext, digest: string | undefined): Promise<Buffer | undefined> {
  if (digest === undefined) return undefined;
  const bytes = await store.blobs.readBytes(digest, MAX_COMPACT_BYTES).catch(() => undefined);
  return bytes?.toString('latin1', 0, CONTENTS_HEADER.length) === CONTENTS_HEADER ? bytes : undefined;
}

/** Lines are few megabytes and looked up a few times: searching them takes less than any table of them. */
function find(text: Buffer, fileName: string): readonly FileOwner[] {
  const found: FileOwner[] = [];
  const wanted = Buffer.from(`/${fileName}\t`);
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    const start = text.lastIndexOf(0x0a, at) + 1;
    const end = text.indexOf(0x0a, at);
    const [path = '', packages = ''] = text.toString('latin1', start, end).split('\t');
    found.push({ path, packages: packages.split(',') });
  }
  return found;
}
