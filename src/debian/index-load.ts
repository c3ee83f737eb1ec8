/** The package indexes of a release, in their compact form: from the store, or fetched, verified, and put there. */
import { DecantError } from '../errors.ts';
import { displayAddress } from '../net/address.ts';
import type { ArchiveContext } from './context.ts';
import { buildIndex } from './index-build.ts';
import { explainUpdate, fetchListed, listedForms } from './index-fetch.ts';
import { type IndexReader, openIndex } from './index-file.ts';
import { INDEX_FORMAT } from './index-format.ts';
import type { LoadedRelease } from './release-load.ts';
import type { Release } from './release.ts';
import type { ArchiveSource } from './source.ts';

const KIND = 'debian-index';
const MAX_INDEX_BYTES = 2 * 1024 * 1024 * 1024;

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
  return listedForms(release, `${folder}/Packages`).length > 0;
}

async function loadIndex(
  context: ArchiveContext,
  source: ArchiveSource,
  { release, name }: LoadedRelease,
  folder: string,
): Promise<IndexReader> {
  const { store, architecture } = context;
  const file = `${folder}/Packages`;
  const plain = release.files.get(file);
  const identity = plain ?? listedForms(release, file)[0]?.file;
  const key = JSON.stringify([INDEX_FORMAT, architecture, identity?.digest]);
  const known = recordedDigest(await store.cache.get(KIND, key));
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
  const text = await fetchListed(context, source, { release, name }, file, {
    what,
    maxBytes: MAX_INDEX_BYTES,
  });
  const { digest } = await store.blobs.put(buildIndex(text, architecture, what)).catch(explainUpdate);
  await store.cache.put(KIND, key, { digest }, { blobs: [digest] });
  const built = openIndex(store.blobs.path(digest));
  if (built) return built;
  throw new DecantError('STORE_DAMAGED', `the package index ${what} cannot be read back from the store`);
}

export function recordedDigest(value: unknown): string | undefined {
  const digest = typeof value === 'object' && value !== null && 'digest' in value ? value.digest : undefined;
  return typeof digest === 'string' ? digest : undefined;
}
