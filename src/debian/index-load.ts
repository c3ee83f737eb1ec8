/**
 * The indexes of a release, in their compact form: from the store, or fetched, verified, and put there. Hashes are
 * checked twice: of what the mirror sent, before a decoder believes it, and of what came out.
 */
import type { Compression } from '../codec/compression.ts';
import { verified } from '../codec/digest.ts';
import type { ByteStream } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { type ArchiveContext, told } from './context.ts';
import { decompressFast } from './decompress.ts';
import { buildIndex, INDEX_FORMAT } from './index-build.ts';
import { type IndexReader, openIndex } from './index-file.ts';
import type { LoadedRelease } from './release-load.ts';
import type { IndexFile, Release } from './release.ts';
import type { ArchiveSource } from './source.ts';
import { addressBelow, displayAddress } from './url.ts';

const KIND = 'debian-index';
const UPDATE_HINT =
  'the mirror may be in the middle of an update, or behind: try again later, or use another one';
const MAX_INDEX_BYTES = 2 * 1024 * 1024 * 1024;

/** Smallest first; updates and security are published as xz alone, whatever else they list. */
const FORMS: readonly { readonly suffix: string; readonly compression: Compression }[] = [
  { suffix: '.xz', compression: 'xz' },
  { suffix: '.gz', compression: 'gzip' },
  { suffix: '', compression: 'none' },
];

/** One for each component of the source. Throws SUITE_UNKNOWN, DIGEST_MISMATCH, ARCHIVE_INVALID, NETWORK. */
export async function loadIndexes(
  context: ArchiveContext,
  source: ArchiveSource,
  loaded: LoadedRelease,
): Promise<readonly IndexReader[]> {
  const folders = source.components.flatMap((component) => foldersOf(context, component, loaded));
  return Promise.all(folders.map((folder) => loadIndex(context, source, loaded, folder)));
}

/**
 * The folders whose indexes together have the packages of the architecture. Where each architecture's index has the
 * packages for all architectures too, theirs is not read, or they would be there twice.
 */
function foldersOf(
  context: ArchiveContext,
  component: string,
  { release, name }: LoadedRelease,
): readonly string[] {
  const { architecture } = context;
  const own = `${component}/binary-${architecture}`;
  const shared = `${component}/binary-all`;
  if (!isListed(release, own)) {
    const what = release.architectures.includes(architecture)
      ? `component ${component}`
      : `architecture ${architecture}`;
    throw new DecantError('SUITE_UNKNOWN', `${name} has no ${what}`, {
      hint: `it has the architectures ${release.architectures.join(', ')} and the components ${release.components.join(', ')}`,
    });
  }
  return !release.allInEach && architecture !== 'all' && isListed(release, shared) ? [own, shared] : [own];
}

function isListed(release: Release, folder: string): boolean {
  return FORMS.some(({ suffix }) => release.files.has(`${folder}/Packages${suffix}`));
}

async function loadIndex(
  context: ArchiveContext,
  source: ArchiveSource,
  { release, name }: LoadedRelease,
  folder: string,
): Promise<IndexReader> {
  const { store, architecture } = context;
  const plain = release.files.get(`${folder}/Packages`);
  const identity =
    plain ?? FORMS.map(({ suffix }) => release.files.get(`${folder}/Packages${suffix}`)).find(Boolean);
  const key = JSON.stringify([INDEX_FORMAT, architecture, identity?.digest]);
  const known = digestOf(await store.cache.get(KIND, key));
  const reader = known === undefined ? undefined : openIndex(store.blobs.path(known));
  if (reader) return reader;

  const what = `${displayAddress(source.uri)} ${source.suite} ${folder}`;
  if (context.offline) {
    throw new DecantError(
      'NETWORK',
      `the package index ${what} is not in the store, and nothing may be fetched`,
      {
        hint: 'run the command once without --offline',
      },
    );
  }
  const { body, file, compression } = await fetchIndex(context, source, release, folder, name);
  const packed = verified(told(body, context.emit, what, `${source.suite} ${folder}`, file.size), file, what);
  const limits = { name: what, maxBytes: plain?.size ?? MAX_INDEX_BYTES };
  const unpacked = compression === 'none' ? packed : decompressFast(packed, compression, limits);
  const text = plain && compression !== 'none' ? verified(unpacked, plain, `${what}, unpacked,`) : unpacked;
  const { digest } = await store.blobs.put(buildIndex(text, architecture, what)).catch((error: unknown) => {
    if (!(error instanceof DecantError) || error.code !== 'DIGEST_MISMATCH') throw error;
    throw new DecantError(error.code, error.message, { cause: error.cause, hint: UPDATE_HINT });
  });
  await store.cache.put(KIND, key, { digest }, { blobs: [digest] });
  const built = openIndex(store.blobs.path(digest));
  if (built) return built;
  throw new DecantError('STORE_DAMAGED', `the package index ${what} cannot be read back from the store`);
}

interface FetchedIndex {
  readonly body: ByteStream;
  readonly file: IndexFile;
  readonly compression: Compression;
}

/** By the digest where the mirror has that: names are replaced while a mirror is updated, digests never change. */
async function fetchIndex(
  context: ArchiveContext,
  source: ArchiveSource,
  release: Release,
  folder: string,
  name: string,
): Promise<FetchedIndex> {
  for (const { suffix, compression } of FORMS) {
    const file = release.files.get(`${folder}/Packages${suffix}`);
    if (!file) continue;
    const base = `dists/${source.suite}`;
    const hash = file.digest.slice('sha256:'.length);
    const paths = [`${base}/${folder}/Packages${suffix}`];
    if (release.byHash) paths.unshift(`${base}/${folder}/by-hash/SHA256/${hash}`);
    for (const path of paths) {
      const answer = await context.fetcher.get(addressBelow(source.uri, path));
      if (answer.status === 'found') return { body: answer.body, file, compression };
    }
  }
  throw new DecantError('NETWORK', `${name} lists ${folder}/Packages, but the mirror does not have it`, {
    hint: UPDATE_HINT,
  });
}

function digestOf(value: unknown): string | undefined {
  const digest = typeof value === 'object' && value !== null && 'digest' in value ? value.digest : undefined;
  return typeof digest === 'string' ? digest : undefined;
}
