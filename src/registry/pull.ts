/**
 * Images from a registry into the store: manifests and configs at once, layers now or when somebody needs their files
 * (OCI distribution-spec, "Pull").
 */
import { DecantError } from '../errors.ts';
import type { Emit } from '../events.ts';
import { skipped } from '../net/told.ts';
import { decodeConfig, MAX_CONFIG_BYTES } from '../oci/config.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { joinImage } from '../oci/image.ts';
import { decodeIndex, decodeManifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import { bestMatch, formatPlatform, hostPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/platform.ts';
import { familiar, type Reference, withDefaultTag } from '../oci/reference.ts';
import type { Store } from '../store/store.ts';
import { repositoryName } from './config/registries.ts';
import { fetchBlob, shortDigest } from './fetch-blob.ts';
import { inParallel } from './parallel.ts';
import { type Document, getManifest } from './protocol/manifests.ts';
import type { Session } from './protocol/session.ts';

export interface PullRequest {
  readonly store: Store;
  readonly session: Session;
  /** `latest` where it has neither tag nor digest. */
  readonly reference: Reference;
  /** Of an index, the image for this platform (default: this machine's), or all there are. */
  readonly platform?: Platform | 'all' | undefined;
  /** False leaves layers where they are until somebody reads them. */
  readonly layers: boolean;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
}

export interface Pulled {
  /** The familiar name that the image has in the store; absent when it was asked for by its digest. */
  readonly name?: string;
  /** Of the manifest, or of the index. */
  readonly descriptor: Descriptor;
  readonly layers: {
    /** Fetched now. */
    readonly fetched: number;
    /** In the store before. */
    readonly present: number;
    /** Left in the registry. */
    readonly left: number;
  };
  /** Bytes of layers that were fetched. */
  readonly bytes: number;
}

/** Throws IMAGE_UNKNOWN, IMAGE_PLATFORM, IMAGE_DAMAGED, LAYER_FOREIGN, DIGEST_MISMATCH, NETWORK, REGISTRY_DENIED. */
export async function pullImage(request: PullRequest): Promise<Pulled> {
  const { store, session, emit, signal } = request;
  const reference = withDefaultTag(request.reference);
  const release = await store.use({ signal });
  try {
    const top = await getManifest(session, reference, reference.digest ?? reference.tag ?? '');
    if (!top) throw unknown(reference);
    const layers = new Map<string, Descriptor>();
    for (const image of await imagesOf(request, reference, top)) {
      for (const layer of await takeDocuments(request, reference, image)) layers.set(layer.digest, layer);
    }
    await store.blobs.putBytes(top.bytes);
    const wanted = [...layers.values()];
    const missing = wanted.filter(({ digest }) => !store.blobs.has(digest));
    const fetched = request.layers ? missing : [];
    for (const { digest } of wanted) {
      if (!missing.some((layer) => layer.digest === digest))
        skipped(emit, `pull ${digest}`, `layer ${shortDigest(digest)}`, 'in the store');
    }
    await inParallel(fetched, (layer) => fetchBlob(session, reference, layer, store.blobs.put, emit));
    // Of those that are here too: a push to this registry need not send them again.
    for (const layer of wanted) await store.origins.add(layer, repositoryName(reference));
    // A name with a digest is the digest's: the tag may be another image's by now.
    const name = reference.digest === undefined ? familiar(reference) : undefined;
    await store.images.tag(name === undefined ? [] : [name], top.descriptor);
    return {
      ...(name === undefined ? {} : { name }),
      descriptor: top.descriptor,
      layers: {
        fetched: fetched.length,
        present: wanted.length - missing.length,
        left: missing.length - fetched.length,
      },
      bytes: fetched.reduce((sum, { size }) => sum + size, 0),
    };
  } finally {
    release();
  }
}

/** The manifests that are wanted of what the reference names. */
async function imagesOf(
  request: PullRequest,
  reference: Reference,
  top: Document,
): Promise<readonly Document[]> {
  if (!isIndexType(top.descriptor.mediaType)) return [top];
  const { store, session, platform } = request;
  const what = `image ${familiar(reference)}`;
  const children = decodeIndex(top.bytes, what).manifests;
  const images = children.filter(({ mediaType }) => !isIndexType(mediaType));
  const chosen = platform === 'all' ? images : [choose(images, platform ?? hostPlatform(), what)];
  // What is not taken now can be had later, when the image is pushed on as a whole.
  for (const child of children) {
    if (!store.blobs.has(child.digest)) await store.origins.add(child, repositoryName(reference));
  }
  const documents: Document[] = [];
  for (const descriptor of chosen) {
    const document = await getManifest(session, reference, descriptor.digest);
    if (!document) throw unknown({ ...reference, digest: descriptor.digest });
    documents.push(document);
  }
  return documents;
}

function choose(images: readonly Descriptor[], platform: Platform, what: string): Descriptor {
  const found = bestMatch(images, platform);
  if (found) return found;
  const offered = images.flatMap((image) =>
    image.platform && image.platform.os !== 'unknown' ? [formatPlatform(image.platform)] : [],
  );
  throw new DecantError('IMAGE_PLATFORM', `${what} is not there for platform ${formatPlatform(platform)}`, {
    hint: offered.length > 0 ? `it is there for ${[...new Set(offered)].join(', ')}` : undefined,
  });
}

/** Puts manifest and config into the store, and says which layers there are. */
async function takeDocuments(
  { store, session, emit }: PullRequest,
  reference: Reference,
  { descriptor, bytes }: Document,
): Promise<readonly Descriptor[]> {
  const what = `image ${familiar(reference)}`;
  const manifest = decodeManifest(bytes, `${what}: manifest`);
  const { config, layers } = manifest;
  if (config.size > MAX_CONFIG_BYTES) {
    throw new DecantError(
      'IMAGE_DAMAGED',
      `${what}: its config has ${config.size} bytes, at most ${MAX_CONFIG_BYTES} are read`,
    );
  }
  if (!store.blobs.has(config.digest)) {
    await fetchBlob(session, reference, config, store.blobs.put, emit);
  }
  const isAttestation = layers.every(({ mediaType }) => !/layer|rootfs/.test(mediaType)) && layers.length > 0;
  if (!isAttestation) {
    refuseForeign(layers, what);
    joinImage(
      manifest,
      decodeConfig(await store.blobs.readBytes(config.digest, MAX_CONFIG_BYTES), what),
      what,
    );
  }
  await store.blobs.putBytes(bytes);
  for (const document of [descriptor, config]) await store.origins.add(document, repositoryName(reference));
  return layers;
}

/** Layers that only their maker may hand out (OCI image-spec, "Non-Distributable Layers"). */
function refuseForeign(layers: readonly Descriptor[], what: string): void {
  const foreign = layers.find(({ mediaType }) => /foreign|nondistributable/.test(mediaType));
  if (!foreign) return;
  throw new DecantError(
    'LAYER_FOREIGN',
    `${what}: layer ${foreign.digest} may only be had from its maker's own servers, which decant does not ask`,
    { hint: 'Windows images have such layers; use an image without' },
  );
}

function unknown(reference: Reference): DecantError {
  return new DecantError('IMAGE_UNKNOWN', `there is no image ${familiar(reference)} in its registry`, {
    hint: 'check the name and the tag',
  });
}
