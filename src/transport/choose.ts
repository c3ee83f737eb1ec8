/** What is copied of an image: all that its index names, or the image for one platform (OCI image-spec, image-index.md). */
import { collect } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { decodeConfig, MAX_CONFIG_BYTES } from '../oci/config.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { imagePlatform } from '../oci/image.ts';
import { damaged } from '../oci/json.ts';
import { decodeIndex, decodeManifest } from '../oci/manifest.ts';
import { isConfigType, isIndexType } from '../oci/media-types.ts';
import { bestMatch, formatPlatform, type Platform } from '../oci/platform.ts';
import type { Document } from '../registry/protocol/manifests.ts';
import type { Chosen, ImageSource } from './image.ts';

/** Indexes within indexes are rare; without an end they are an attack. */
const MAX_DEPTH = 3;
const MAX_DOCUMENTS = 1000;

/** Throws IMAGE_PLATFORM, IMAGE_UNKNOWN, IMAGE_DAMAGED, LAYER_FOREIGN. */
export async function choose(source: ImageSource, platform: Platform | 'all'): Promise<Chosen> {
  const top = platform === 'all' ? source.top : await forPlatform(source, platform);
  const documents = new Map<string, Document>();
  await gather(source, top, documents, 0);
  return {
    documents: [...documents.values()] as unknown as Chosen['documents'],
    blobs: blobsOf(source, documents),
  };
}

/** The document of the image for a platform. Throws IMAGE_PLATFORM. */
export async function forPlatform(source: ImageSource, platform: Platform): Promise<Document> {
  const { top } = source;
  if (isIndexType(top.descriptor.mediaType)) {
    const images = childrenOf(source, top).filter(({ mediaType }) => !isIndexType(mediaType));
    const found = bestMatch(images, platform);
    if (found) return source.document(found);
    throw wrongPlatform(
      source,
      platform,
      images.map((image) => image.platform),
    );
  }
  const offered = await platformOf(source, top);
  if (offered === undefined || bestMatch([{ platform: offered }], platform)) return top;
  throw wrongPlatform(source, platform, [offered]);
}

/** What an index names. */
export function childrenOf(source: ImageSource, { bytes, descriptor }: Document): readonly Descriptor[] {
  return decodeIndex(bytes, `image ${source.name}: index ${descriptor.digest}`).manifests;
}

/** What the config of an image says that it is for; undefined for what is no image of a file system. */
export async function platformOf(source: ImageSource, { bytes }: Document): Promise<Platform | undefined> {
  const what = `image ${source.name}`;
  const { config } = decodeManifest(bytes, what);
  if (!isConfigType(config.mediaType)) return undefined;
  const tooLarge = (): Error => damaged(`${what}: its config has more than ${MAX_CONFIG_BYTES} bytes`);
  if (config.size > MAX_CONFIG_BYTES) throw tooLarge();
  const { os, architecture, variant } = imagePlatform(
    decodeConfig(await collect(source.blob(config), MAX_CONFIG_BYTES, tooLarge), what),
  );
  return variant === undefined ? { os, architecture } : { os, architecture, variant };
}

async function gather(
  source: ImageSource,
  document: Document,
  found: Map<string, Document>,
  depth: number,
): Promise<void> {
  const { digest, mediaType } = document.descriptor;
  if (found.has(digest)) return;
  if (isIndexType(mediaType)) {
    if (depth >= MAX_DEPTH) throw damaged(`image ${source.name}: its indexes lie too deep in each other`);
    for (const child of childrenOf(source, document)) {
      if (!found.has(child.digest)) await gather(source, await source.document(child), found, depth + 1);
    }
  }
  if (found.size >= MAX_DOCUMENTS)
    throw damaged(`image ${source.name} has more than ${MAX_DOCUMENTS} manifests`);
  found.set(digest, document);
}

function blobsOf(source: ImageSource, documents: ReadonlyMap<string, Document>): readonly Descriptor[] {
  const blobs = new Map<string, Descriptor>();
  for (const { descriptor, bytes } of documents.values()) {
    if (isIndexType(descriptor.mediaType)) continue;
    const what = `image ${source.name}`;
    const { config, layers } = decodeManifest(bytes, what);
    const foreign = layers.find(({ mediaType }) => /foreign|nondistributable/.test(mediaType));
    if (foreign) {
      throw new DecantError(
        'LAYER_FOREIGN',
        `${what}: layer ${foreign.digest} may only be had from its maker's own servers, and cannot be copied`,
        { hint: 'Windows images have such layers; choose another platform with --platform' },
      );
    }
    for (const blob of [...layers, config]) blobs.set(blob.digest, blob);
  }
  return [...blobs.values()];
}

function wrongPlatform(
  { name }: ImageSource,
  platform: Platform,
  offered: readonly (Platform | undefined)[],
): DecantError {
  const names = new Set(
    offered.flatMap((each) => (each && each.os !== 'unknown' ? [formatPlatform(each)] : [])),
  );
  return new DecantError(
    'IMAGE_PLATFORM',
    `image ${name} is not there for platform ${formatPlatform(platform)}`,
    {
      hint: names.size > 0 ? `it is there for ${[...names].join(', ')}` : undefined,
    },
  );
}
