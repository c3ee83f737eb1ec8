/**
 * What is about an image and no part of it: signatures, attestations, bills of materials, and what is about those in turn
 * (OCI distribution-spec, "Listing Referrers").
 */
import { damaged } from '../oci/json.ts';
import { decodeManifest } from '../oci/manifest.ts';
import { isManifestType } from '../oci/media-types.ts';
import type { Chosen, ImageSource } from './image.ts';

/** Of one image; more is somebody's mistake, or an attack. */
const MAX_REFERRERS = 1000;

/** Each after what it is about. Throws IMAGE_DAMAGED, and what reading the source throws. */
export async function referrersOf(source: ImageSource, { documents }: Chosen): Promise<readonly Chosen[]> {
  const found = new Map<string, Chosen>();
  const subjects = documents.map(({ descriptor }) => descriptor.digest);
  for (const subject of subjects) {
    for (const listed of (await source.referrers?.(subject)) ?? []) {
      const { digest, mediaType } = listed;
      // Attestations that an index names besides are copied with it.
      if (found.has(digest) || subjects.includes(digest) || !isManifestType(mediaType)) continue;
      if (found.size >= MAX_REFERRERS)
        throw damaged(`image ${source.name}: more than ${MAX_REFERRERS} manifests are about it`);
      const { descriptor, bytes } = await source.document(listed);
      const { config, layers, artifactType } = decodeManifest(bytes, `image ${source.name}: ${digest}`);
      const type = artifactType ?? listed.artifactType ?? config.mediaType;
      const blobs = new Map([...layers, config].map((blob) => [blob.digest, blob]));
      found.set(digest, {
        documents: [{ descriptor: { ...descriptor, artifactType: type }, bytes }],
        blobs: [...blobs.values()],
      });
      subjects.push(digest);
    }
  }
  return [...found.values()];
}
