/**
 * Files that a release lists in several forms (Debian repository format, "indices"), fetched and verified. Hashes are
 * checked twice: of what the mirror sent, before a decoder believes it, and of what came out.
 */
import type { Compression } from '../codec/compression.ts';
import { verified } from '../codec/digest.ts';
import type { ByteStream } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { told } from '../net/told.ts';
import type { ArchiveContext } from './context.ts';
import { decompressFast } from './decompress.ts';
import type { LoadedRelease } from './release-load.ts';
import type { IndexFile, Release } from './release.ts';
import type { ArchiveSource } from './source.ts';
import { addressBelow } from './url.ts';

const UPDATE_HINT =
  'the mirror may be in the middle of an update, or behind: try again later, or use another one';

/** Smallest first; updates and security are published as xz alone, whatever else they list. */
const FORMS: readonly { readonly suffix: string; readonly compression: Compression }[] = [
  { suffix: '.xz', compression: 'xz' },
  { suffix: '.gz', compression: 'gzip' },
  { suffix: '', compression: 'none' },
];

export interface ListedForm {
  readonly path: string;
  readonly compression: Compression;
  readonly file: IndexFile;
}

/** The forms in which the release lists a file, named without its suffix. */
export function listedForms(release: Release, path: string): readonly ListedForm[] {
  return FORMS.flatMap(({ suffix, compression }) => {
    const file = release.files.get(`${path}${suffix}`);
    return file ? [{ path: `${path}${suffix}`, compression, file }] : [];
  });
}

/**
 * The file's bytes, unpacked, as a stream that ends in an error where they are not what was signed. `what` is what it
 * is called in messages; `maxBytes` bounds it where the release does not say its size.
 *
 * @throws DecantError NETWORK; the stream DIGEST_MISMATCH, ARCHIVE_INVALID, ARCHIVE_TOO_LARGE, NETWORK
 */
export async function fetchListed(
  context: ArchiveContext,
  source: ArchiveSource,
  { release, name }: Pick<LoadedRelease, 'release' | 'name'>,
  path: string,
  { what, maxBytes }: { readonly what: string; readonly maxBytes: number },
): Promise<ByteStream> {
  const { body, form } = await openForm(context, source, release, path, name);
  const { file, compression } = form;
  const label = `${source.suite} ${path.replace(/\/Packages$/, '')}`;
  const packed = verified(told(body, context.emit, what, label, file.size), file, what);
  if (compression === 'none') return packed;
  const plain = release.files.get(path);
  const unpacked = decompressFast(packed, compression, { name: what, maxBytes: plain?.size ?? maxBytes });
  return plain ? verified(unpacked, plain, `${what}, unpacked,`) : unpacked;
}

/** By the digest where the mirror has that: names are replaced while a mirror is updated, digests never change. */
async function openForm(
  context: ArchiveContext,
  source: ArchiveSource,
  release: Release,
  path: string,
  name: string,
): Promise<{ readonly body: ByteStream; readonly form: ListedForm }> {
  for (const form of listedForms(release, path)) {
    const base = `dists/${source.suite}`;
    const paths = [`${base}/${form.path}`];
    if (release.byHash) {
      const folder = form.path.slice(0, form.path.lastIndexOf('/'));
      paths.unshift(`${base}/${folder}/by-hash/SHA256/${form.file.digest.slice('sha256:'.length)}`);
    }
    for (const one of paths) {
      const answer = await context.fetcher.get(addressBelow(source.uri, one));
      if (answer.status === 'found') return { body: answer.body, form };
    }
  }
  throw new DecantError('NETWORK', `${name} lists ${path}, but the mirror does not have it`, {
    hint: UPDATE_HINT,
  });
}

/** A digest that is not as signed mostly means a mirror between two states; says so. */
export function explainUpdate(error: unknown): never {
  if (!(error instanceof DecantError) || error.code !== 'DIGEST_MISMATCH') throw error;
  throw new DecantError(error.code, error.message, { cause: error.cause, hint: UPDATE_HINT });
}
