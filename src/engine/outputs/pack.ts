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
import { attestationManifest } from '../../oci/attestation-manifest.ts';
import { statement } from '../attest/attestation.ts';
import type { Attestation, Attested } from '../attest/attestation.ts';
import type { BuiltTarget } from '../embedded/built-target.ts';
import type { Built } from '../embedded/build.ts';
import { all } from '../embedded/memo.ts';
import { annotationsAt } from './annotations.ts';
import type { Annotation } from './annotations.ts';
import { imageSubjects } from './attach.ts';

export interface PackedImage {
  readonly attestations: readonly Attestation[];
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
  /** Of each target. */
  readonly attestations: (target: BuiltTarget, image?: Attested['image']) => Promise<readonly Attestation[]>;
  /** Attestations as BuildKit before 0.32 has kept them. */
  readonly attestationsAsImages?: boolean | undefined;
  /** What the image is called. */
  readonly names: readonly string[];
}

export async function packImages(store: Store, built: Built, options: PackOptions): Promise<Packed> {
  const { annotations, inlineCache: isInline } = options;
  const images = await all(
    built.targets.map(async (target): Promise<PackedImage> => {
      const { platform } = target;
      const plain = await target.image();
      const image = isInline ? withCache(plain, await built.cache('min')) : plain;
      const documents = imageDocuments(image, annotationsAt(annotations, 'manifest', platform));
      await store.blobs.putBytes(documents.config);
      await store.blobs.putBytes(documents.manifest);
      const about = { digest: documents.manifestDescriptor.digest, created: image.config.created };
      return { platform, image, documents, attestations: await options.attestations(target, about) };
    }),
  );
  const described = images.map(({ documents, platform }) =>
    annotated(documents.manifestDescriptor, annotationsAt(annotations, 'manifest-descriptor', platform)),
  );
  const attached = await attach(store, images, options);
  const [only] = described;
  if (only && described.length + attached.length === 1) return { descriptor: only, images };
  const manifests = [...described, ...attached];
  const bytes = encodeIndex({ mediaType: MEDIA_TYPE.index, manifests, ...ofIndex(options) });
  await store.blobs.putBytes(bytes);
  const descriptor = { mediaType: MEDIA_TYPE.index, digest: sha256(bytes), size: bytes.length };
  return { descriptor: annotated(descriptor, annotationsAt(annotations, 'index-descriptor')), images };
}

function withCache({ config, layers }: Image, cache: BuildCache): Image {
  return { config: { ...config, [INLINE_CACHE]: inlineCache(cache, layers) }, layers };
}

async function attach(
  store: Store,
  images: readonly PackedImage[],
  { names, attestationsAsImages }: PackOptions,
): Promise<readonly Descriptor[]> {
  const attached: Descriptor[] = [];
  for (const { platform, documents, attestations } of images) {
    if (attestations.length === 0) continue;
    const image = documents.manifestDescriptor;
    const subjects = imageSubjects(names, platform, image.digest);
    const statements = attestations.map((each) => {
      return { predicateType: each.predicateType, bytes: statement(each, subjects) };
    });
    const made = attestationManifest(image, statements, { asImage: attestationsAsImages });
    for (const bytes of made.blobs) await store.blobs.putBytes(bytes);
    attached.push(made.descriptor);
  }
  return attached;
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
