/**
 * Build caches at the places where images rest: a manifest of their own in a registry or a layout, or a part of an image's
 * config (oci/build-cache.ts).
 */
import { collect } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import {
  type BuildCache,
  cacheDocuments,
  checkCacheSize,
  decodeCache,
  decodeInlineCache,
  isCacheConfig,
} from '../oci/build-cache.ts';
import { streamOf } from '../codec/stream.ts';
import { decodeConfig, MAX_CONFIG_BYTES } from '../oci/config.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { joinImage } from '../oci/image.ts';
import { damaged } from '../oci/json.ts';
import { decodeIndex, decodeManifest } from '../oci/manifest.ts';
import { isConfigType, isIndexType } from '../oci/media-types.ts';
import type { Platform } from '../oci/platform.ts';
import { repositoryName } from '../registry/config/registries.ts';
import { hasBlob } from '../registry/protocol/blobs.ts';
import { type Document, pullScope } from '../registry/protocol/manifests.ts';
import type { Store } from '../store/store.ts';
import { forPlatform } from './choose.ts';
import type { ImageSource, Means, Written } from './image.ts';
import type { Location } from './location.ts';
import { blobsOfName, removeUnnamed } from './layout-sweep.ts';
import { openSource, openTarget } from './open.ts';

export interface ReadCache {
  readonly name: string;
  readonly cache: BuildCache;
  readonly read: (layer: Descriptor) => AsyncIterable<Uint8Array>;
  /** Of a registry: remembers that the layer is to be had there, if it is. */
  readonly leave?: (layer: Descriptor) => Promise<boolean>;
}

/**
 * Reads what a location has as a cache, without its layers; undefined for an image that carries none. Throws what reading
 * an image from there throws.
 *
 * @param platforms Of an image for several platforms, whose parts are read.
 */
export async function readCache(
  location: Location,
  platforms: readonly Platform[],
  means: Means,
): Promise<ReadCache | undefined> {
  const source = await openSource(location, means);
  const cache = await cacheIn(source, platforms);
  if (!cache) return undefined;
  const read: ReadCache['read'] = (layer) => source.blob(layer);
  if (location.transport !== 'docker') return { name: source.name, cache, read };
  const { reference } = location;
  return {
    name: source.name,
    cache,
    read,
    leave: async (layer) => {
      const session = await means.session();
      const scope = pullScope(session.options.registries.ownPlace(reference));
      if (!(await hasBlob(session, reference, layer.digest, scope))) return false;
      await means.store.origins.add(layer, repositoryName(reference));
      return true;
    },
  };
}

async function cacheIn(source: ImageSource, platforms: readonly Platform[]): Promise<BuildCache | undefined> {
  const what = `build cache ${source.name}`;
  const { top } = source;
  if (isIndexType(top.descriptor.mediaType)) {
    // An older form of BuildKit's: an index that names blobs.
    const { manifests } = decodeIndex(top.bytes, what);
    const config = manifests.find(isCacheConfig);
    if (config) return decodeCache(await small(source, config, what), manifests, what);
  } else {
    const { config, layers } = decodeManifest(top.bytes, what);
    if (isCacheConfig(config)) return decodeCache(await small(source, config, what), layers, what);
  }
  const found: BuildCache[] = [];
  for (const platform of platforms) {
    const document = await forPlatform(source, platform).catch(unlessOther);
    const cache = document && (await inlineCacheIn(source, document, what));
    if (cache) found.push(cache);
  }
  return found.length === 0
    ? undefined
    : { steps: found.flatMap(({ steps }) => steps), keys: found.flatMap(({ keys }) => keys) };
}

/** An image for other platforms has nothing for this one. */
function unlessOther(error: unknown): undefined {
  if (!(error instanceof DecantError && error.code === 'IMAGE_PLATFORM')) throw error;
}

async function inlineCacheIn(
  source: ImageSource,
  document: Document,
  what: string,
): Promise<BuildCache | undefined> {
  const manifest = decodeManifest(document.bytes, what);
  if (!isConfigType(manifest.config.mediaType)) return undefined;
  const bytes = await small(source, manifest.config, what);
  return decodeInlineCache(bytes, joinImage(manifest, decodeConfig(bytes, what), what).layers, what);
}

async function small(source: ImageSource, blob: Descriptor, what: string): Promise<Buffer> {
  const tooLarge = (): Error => damaged(`${what}: its config has more than ${MAX_CONFIG_BYTES} bytes`);
  if (blob.size > MAX_CONFIG_BYTES) throw tooLarge();
  return collect(source.blob(blob), MAX_CONFIG_BYTES, tooLarge);
}

/**
 * Writes a cache, whose layers the store has or knows where to get. A cache without a step is not written: undefined.
 * Throws what writing an image there throws.
 */
export async function writeCache(
  cache: BuildCache,
  location: Location,
  means: Means,
): Promise<Written | undefined> {
  if (cache.steps.every(({ layer }) => !layer)) return undefined;
  const documents = cacheDocuments(cache);
  checkCacheSize(documents);
  const { config, manifest, descriptor, blobs } = documents;
  const target = await openTarget(location, means);
  const top = { descriptor, bytes: Buffer.from(manifest) };
  const isFolder = location.transport === 'oci';
  const before = isFolder ? await blobsOfName(location.path, location.tag) : undefined;
  const written = await target.write({ documents: [top], blobs }, sourceOf(means.store, top, config));
  if (isFolder && before) await removeUnnamed(location.path, before);
  return written;
}

function sourceOf(store: Store, top: ImageSource['top'], config: Uint8Array): ImageSource {
  return {
    name: 'build cache',
    top,
    document: () => Promise.resolve(top),
    blob: (blob) =>
      isCacheConfig(blob) ? streamOf(config) : store.blobs.read(blob.digest, { size: blob.size }),
    repositories: (digest) => store.origins.get(digest)?.repositories ?? [],
    close: async () => {},
  };
}
