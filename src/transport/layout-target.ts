/** An image into a folder that is an OCI image layout (image-layout.md), beside those that are there already. */
import { existsSync, readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { streamOf } from '../codec/stream.ts';
import { DecantError, fromSystemError, systemCode } from '../errors.ts';
import type { Emit } from '../events.ts';
import { skipped, told } from '../net/told.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { canonicalJson } from '../oci/json.ts';
import { encodeIndex } from '../oci/manifest.ts';
import { MEDIA_TYPE } from '../oci/media-types.ts';
import { shortDigest } from '../registry/fetch-blob.ts';
import { inParallel } from '../registry/parallel.ts';
import type { Document } from '../registry/protocol/manifests.ts';
import { writeHashed } from '../store/blobs.ts';
import { makeFolder } from '../store/files.ts';
import type { ImageTarget, WrittenBlob } from './image.ts';
import { blobPath, tagOf, taggedEntry } from './layout-names.ts';
import { readIndex } from './layout-source.ts';

/** Throws FILE_UNWRITABLE, DISK_FULL, and what reading the source throws. */
export function layoutTarget(folder: string, tag: string | undefined, emit: Emit): ImageTarget {
  return { ...targetIn(folder, tag, emit), about: targetIn(folder, undefined, emit) };
}

function targetIn(folder: string, tag: string | undefined, emit: Emit): ImageTarget {
  const pathOf = (digest: string): string => blobPath(folder, digest);
  return {
    name: `oci:${folder}${tag === undefined ? '' : `:${tag}`}`,
    holdsIndexes: true,
    write: async ({ documents, blobs }, source) => {
      const entries = await prepare(folder);
      const done = new Map<string, WrittenBlob>();
      await inParallel(blobs, async (blob) => {
        const { digest, size } = blob;
        const isThere = existsSync(pathOf(digest));
        if (isThere) skipped(emit, `copy ${digest}`, `blob ${shortDigest(digest)}`, 'in the layout');
        const bytes = told(source.blob(blob), emit, `copy ${digest}`, `copying ${shortDigest(digest)}`, size);
        if (!isThere) await writeWhole(pathOf(digest), bytes, { digest, size });
        done.set(digest, { digest, size, action: isThere ? 'present' : 'copied' });
      });
      for (const { descriptor, bytes } of documents)
        await writeWhole(pathOf(descriptor.digest), streamOf(bytes));
      const { descriptor } = documents.at(-1) as Document;
      const kept = entries.filter((entry) => !isReplaced(entry, descriptor, tag));
      const index = encodeIndex({
        mediaType: MEDIA_TYPE.index,
        manifests: [...kept, taggedEntry(descriptor, tag)],
      });
      await writeWhole(join(folder, 'index.json'), streamOf(index));
      return { descriptor, blobs: blobs.flatMap(({ digest }) => done.get(digest) ?? []) };
    },
  };
}

/** A tag is one image's; without a tag the image is there once. */
function isReplaced(entry: Descriptor, { digest }: Descriptor, tag: string | undefined): boolean {
  return tag === undefined ? tagOf(entry) === undefined && entry.digest === digest : tagOf(entry) === tag;
}

/** Makes the folder a layout unless it is one, and gives the entries that it has. */
async function prepare(folder: string): Promise<readonly Descriptor[]> {
  try {
    makeFolder(join(folder, 'blobs/sha256'));
    if (existsSync(join(folder, 'index.json'))) return await readIndex(folder);
    const others = readdirSync(folder).filter((name) => name !== 'blobs' && name !== 'oci-layout');
    if (others.length > 0) {
      throw new DecantError('FILE_UNWRITABLE', `${folder} is not empty, and not an OCI image layout`, {
        hint: 'name a new folder',
      });
    }
    await writeWhole(join(folder, 'oci-layout'), streamOf(canonicalJson({ imageLayoutVersion: '1.0.0' })));
    return [];
  } catch (error) {
    throw unwritable(error, folder);
  }
}

/** Beside its place first, then renamed. */
async function writeWhole(
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  expected: { readonly digest?: string; readonly size?: number } = {},
): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  try {
    await writeHashed(bytes, temporary, expected, unwritable);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function unwritable(error: unknown, path: string): unknown {
  const known = fromSystemError(error, `writing ${path}`);
  if (known instanceof DecantError || systemCode(known) === undefined) return known;
  return new DecantError('FILE_UNWRITABLE', `cannot write ${path} (${systemCode(known)})`, {
    cause: error,
    hint: 'does its directory exist, and may you write there?',
  });
}
