/** A base that is composed for one platform after the other: its name stands for an index of all of them. */
import { sha256 } from '../codec/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { decodeIndex, encodeIndex, MAX_MANIFEST_BYTES } from '../oci/manifest.ts';
import { isIndexType, MEDIA_TYPE } from '../oci/media-types.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import type { StoredImage } from '../store/images.ts';
import type { Store } from '../store/store.ts';

/**
 * Puts back what the name stood for before: the images for other platforms.
 *
 * @param before What had the name until it was given to the image for `platform`.
 */
export async function keepOtherPlatforms(
  store: Store,
  name: string,
  before: StoredImage,
  platform: Platform,
): Promise<void> {
  const own = formatPlatform(platform);
  const others = (await offered(store, before.descriptor)).filter((entry) => {
    return entry.platform && formatPlatform(entry.platform) !== own && store.blobs.has(entry.digest);
  });
  if (others.length === 0) return;
  const { descriptor } = await store.images.get(name);
  const manifests = [...others, { ...descriptor, platform }].toSorted((a, b) => {
    return formatPlatform(a.platform ?? platform) < formatPlatform(b.platform ?? platform) ? -1 : 1;
  });
  const bytes = encodeIndex({ mediaType: MEDIA_TYPE.index, manifests });
  await store.blobs.putBytes(bytes);
  await store.images.tag([name], {
    mediaType: MEDIA_TYPE.index,
    digest: sha256(bytes),
    size: bytes.length,
  });
}

async function offered(store: Store, descriptor: Descriptor): Promise<readonly Descriptor[]> {
  const { digest, mediaType, size } = descriptor;
  if (isIndexType(mediaType)) {
    const bytes = await store.blobs.readBytes(digest, MAX_MANIFEST_BYTES);
    return decodeIndex(bytes, `image ${digest}`).manifests;
  }
  const { image } = await store.images.loadAny({ descriptor, names: [] });
  const { architecture, os, variant } = image.config;
  return [{ mediaType, digest, size, platform: { architecture, os, ...(variant ? { variant } : {}) } }];
}
