/**
 * What is about an image and no part of it: bills of materials, attestations, signatures (OCI image-spec, manifest.md,
 * "subject"). Their manifests stand in index.json like images, where other tools look for them, and stay for as long as
 * what they are about.
 */
import type { Descriptor } from '../oci/descriptor.ts';
import { decodeManifest, encodeManifest, type Manifest, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isManifestType } from '../oci/media-types.ts';
import { isNamed } from '../oci/names.ts';
import type { Blobs } from './blobs.ts';
import type { IndexFile } from './index-file.ts';
import type { Locks } from './locks.ts';

export interface Referrers {
  /** The manifests that are about this one, in the order of their digests. */
  readonly list: (subject: string) => Promise<readonly Descriptor[]>;
  /** Keeps a manifest that is in the store with its blobs, beside all others. */
  readonly add: (descriptor: Descriptor) => Promise<void>;
  /**
   * Keeps a manifest with a `subject` and an `artifactType`, in the place of those of the same type that were about the
   * same manifest. Its blobs must be in the store.
   */
  readonly put: (
    manifest: Manifest & Required<Pick<Manifest, 'subject' | 'artifactType'>>,
  ) => Promise<Descriptor>;
}

export interface Referrer {
  readonly descriptor: Descriptor;
  /** The digest of what it is about. */
  readonly subject: string;
}

/** Artifacts that somebody has named are images like all others. */
export function isReferrer(entry: Descriptor): boolean {
  return entry.artifactType !== undefined && !isNamed(entry) && isManifestType(entry.mediaType);
}

export function referrersOf(index: IndexFile, blobs: Blobs, locks: Locks): Referrers {
  return {
    list: async (subject) => {
      const all = await referrersIn(blobs, index.read());
      return all.flatMap((each) => (each.subject === subject ? [each.descriptor] : []));
    },
    add: async (descriptor) => {
      const release = await locks.use();
      try {
        await index.change((entries) =>
          entries.some((entry) => isReferrer(entry) && entry.digest === descriptor.digest)
            ? entries
            : [...entries, descriptor],
        );
      } finally {
        release();
      }
    },
    put: async (manifest) => {
      const { mediaType, artifactType, subject, annotations } = manifest;
      const release = await locks.use();
      try {
        const { digest, size } = await blobs.putBytes(encodeManifest(manifest));
        const descriptor = { mediaType, digest, size, artifactType, ...(annotations && { annotations }) };
        const present = await referrersIn(blobs, index.read());
        const replaced = present.flatMap((each) =>
          each.subject === subject.digest && each.descriptor.artifactType === artifactType
            ? [each.descriptor.digest]
            : [],
        );
        if (replaced.length === 1 && replaced[0] === digest) return descriptor;
        await index.change((entries) => [
          ...entries.filter((entry) => !isReferrer(entry) || !replaced.includes(entry.digest)),
          descriptor,
        ]);
        return descriptor;
      } finally {
        release();
      }
    },
  };
}

/** Those of which it can be read what they are about. */
export async function referrersIn(
  blobs: Blobs,
  entries: readonly Descriptor[],
): Promise<readonly Referrer[]> {
  const found: Referrer[] = [];
  for (const descriptor of entries.filter(isReferrer)) {
    const subject = await subjectOf(blobs, descriptor);
    if (subject !== undefined) found.push({ descriptor, subject });
  }
  return found;
}

async function subjectOf(blobs: Blobs, { digest }: Descriptor): Promise<string | undefined> {
  try {
    return decodeManifest(await blobs.readBytes(digest, MAX_MANIFEST_BYTES)).subject?.digest;
  } catch {
    // It is in nobody's way, and goes with the next `prune`.
    return undefined;
  }
}
