/** What was built as images in the store: one manifest, or an index of those of several platforms. */
import { sha256 } from '../../codec/digest.ts';
import { INLINE_CACHE, inlineCache } from '../../oci/build-cache.ts';
import type { BuildCache } from '../../oci/build-cache.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { imageDocuments } from '../../oci/image.ts';
import type { Image, ImageDocuments } from '../../oci/image.ts';
import { encodeIndex } from '../../oci/manifest.ts';
import { MEDIA_TYPE } from '../../oci/media-types.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Store } from '../../store/store.ts';
import type { Built } from '../embedded/build.ts';
import { all } from '../embedded/memo.ts';
import { annotationsAt } from './annotations.ts';
import type { Annotation } from './annotations.ts';

export interface PackedImage {
  readonly platform: Platform;
  readonly image: Image;
  readonly documents: ImageDocuments;
}

export interface Packed {
  /** Of the manifest where it stands alone, else of the index. */
  readonly descriptor: Descriptor;
  /** One for each platform. */
  readonly images: readonly PackedImage[];
}

export interface PackOptions {
  readonly annotations?: readonly Annotation[] | undefined;
  /** SOURCE_DATE_EPOCH, in seconds. */
  readonly epoch?: number | undefined;
  /** Configs carry the build cache of their layers. */
  readonly inlineCache?: boolean | undefined;
}

export async function packImages(store: Store, built: Built, options: PackOptions): Promise<Packed> {
  const { annotations, inlineCache: isInline } = options;
  const images = await all(
    built.targets.map(async ({ platform, image: make }): Promise<PackedImage> => {
      const plain = await make();
      const image = isInline ? withCache(plain, await built.cache('min')) : plain;
      const documents = imageDocuments(image, annotationsAt(annotations, 'manifest', platform));
      await store.blobs.putBytes(documents.config);
      await store.blobs.putBytes(documents.manifest);
      return { platform, image, documents };
    }),
  );
  const described = images.map(({ documents, platform }) =>
    annotated(documents.manifestDescriptor, annotationsAt(annotations, 'manifest-descriptor', platform)),
  );
  const [only] = described;
  if (only && described.length === 1) return { descriptor: only, images };
  const bytes = encodeIndex({ mediaType: MEDIA_TYPE.index, manifests: described, ...ofIndex(options) });
  await store.blobs.putBytes(bytes);
  const descriptor = { mediaType: MEDIA_TYPE.index, digest: sha256(bytes), size: bytes.length };
  return { descriptor: annotated(descriptor, annotationsAt(annotations, 'index-descriptor')), images };
}

function withCache({ config, layers }: Image, cache: BuildCache): Image {
  return { config: { ...config, [INLINE_CACHE]: inlineCache(cache, layers) }, layers };
}

/** As BuildKit does, an index says when it was made where somebody has said when that is. */
function ofIndex({ annotations, epoch }: PackOptions) {
  const given = annotationsAt(annotations, 'index');
  if (epoch === undefined) return given ? { annotations: given } : {};
  const created = new Date(epoch * 1000).toISOString().replace('.000Z', 'Z');
  return { annotations: { 'org.opencontainers.image.created': created, ...given } };
}

function annotated(descriptor: Descriptor, annotations: Descriptor['annotations']): Descriptor {
  return annotations ? { ...descriptor, annotations } : descriptor;
}
