/** The mark phase of garbage collection: which blobs images lead to, and what is about these images. */
import { DecantError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { decodeIndex, decodeManifest, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import type { Blobs } from './blobs.ts';
import type { IndexFile } from './index-file.ts';
import { referrersIn } from './referrers.ts';

/** The blobs that the descriptors lead to, themselves among them. */
export async function reachable(blobs: Blobs, roots: readonly Descriptor[]): Promise<Set<string>> {
  const found = new Set<string>();
  const visit = async (descriptor: Descriptor): Promise<void> => {
    const { digest, mediaType } = descriptor;
    if (found.has(digest)) return;
    found.add(digest);
    if (!blobs.has(digest) || !(isIndexType(mediaType) || isManifestType(mediaType))) return;
    const bytes = await blobs.readBytes(digest, MAX_MANIFEST_BYTES);
    if (isIndexType(mediaType)) {
      for (const child of decodeIndex(bytes, `image ${digest}`).manifests) await visit(child);
      return;
    }
    const { config, layers } = decodeManifest(bytes, `image ${digest}`);
    for (const child of [config, ...layers]) found.add(child.digest);
  };
  for (const root of roots) {
    try {
      await visit(root);
    } catch (error) {
      // What a damaged manifest refers to cannot be known, so nothing may be removed while it is there.
      if (!(error instanceof DecantError)) throw error;
      throw new DecantError('IMAGE_DAMAGED', `image ${root.digest} cannot be read, so nothing was removed`, {
        cause: error,
        hint: `remove it first: decant rmi ${root.digest}`,
      });
    }
  }
  return found;
}

/** Adds what is about something that is live, and what is about that; gives the digests of these manifests. */
export async function addReferrers(
  blobs: Blobs,
  index: IndexFile,
  live: Set<string>,
): Promise<ReadonlySet<string>> {
  const about = new Set<string>();
  const all = await referrersIn(blobs, index.read());
  for (let found = true; found;) {
    found = false;
    for (const { descriptor, subject } of all) {
      if (about.has(descriptor.digest) || !live.has(subject)) continue;
      about.add(descriptor.digest);
      for (const digest of await reachable(blobs, [descriptor])) live.add(digest);
      found = true;
    }
  }
  return about;
}
