/**
 * What an OCI image layout keeps for one name, and taking it away when the name has moved on. For build caches: who
 * loses part of one builds again. Images are left alone, as others may be writing them at the same time.
 */
import { existsSync, statSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { decodeIndex, decodeManifest, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import { blobPath, tagOf } from './layout-names.ts';
import { readIndex } from './layout-source.ts';

/** Digests of all that the name stands for; none where there is no such name, or what it names does not read. */
export async function blobsOfName(folder: string, tag: string | undefined): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (!existsSync(join(folder, 'index.json'))) return found;
  const entries = await readIndex(folder);
  const isWhole = await reach(
    folder,
    entries.filter((entry) => tagOf(entry) === tag),
    found,
  );
  return isWhole ? found : new Set();
}

/** Removes those of the blobs that no name of the layout stands for any more. */
export async function removeUnnamed(folder: string, blobs: ReadonlySet<string>): Promise<void> {
  if (blobs.size === 0) return;
  const named = new Set<string>();
  // Where part of it is a closed book, nobody knows what that needs.
  if (!(await reach(folder, await readIndex(folder), named))) return;
  for (const digest of blobs) {
    if (!named.has(digest)) await rm(blobPath(folder, digest), { force: true });
  }
}

/** Adds what the entries name, and what that names; false where some of it could not be read. */
async function reach(folder: string, entries: readonly Descriptor[], found: Set<string>): Promise<boolean> {
  for (const entry of entries) {
    if (found.has(entry.digest)) continue;
    found.add(entry.digest);
    if (!isIndexType(entry.mediaType) && !isManifestType(entry.mediaType)) continue;
    try {
      if (!(await reach(folder, await namedBy(folder, entry), found))) return false;
    } catch (error) {
      if (error instanceof DecantError || (error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }
  return true;
}

async function namedBy(folder: string, { digest, mediaType }: Descriptor): Promise<readonly Descriptor[]> {
  const path = blobPath(folder, digest);
  if (statSync(path).size > MAX_MANIFEST_BYTES)
    throw new DecantError('IMAGE_DAMAGED', `${path} is too large`);
  const bytes = await readFile(path);
  if (isIndexType(mediaType)) return decodeIndex(bytes, path).manifests;
  const { config, layers } = decodeManifest(bytes, path);
  return [config, ...layers];
}
