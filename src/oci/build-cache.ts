/**
 * The build cache as documents that registries keep (BuildKit: cache/remotecache/v1, "Distributable build cache"): a manifest
 * whose layers are those of steps, and whose config lists layers and records. A record is named by a digest, may have
 * layers as its result, and is linked to other records by inputs with a selector.
 *
 * The records of decant are named by its own cache keys, which BuildKit has no use for but reads. All hang on one root,
 * and the selector of their one input says what they are:
 *
 * - `decant/layer/PACKING/SIZE`, with one layer: what the step of this key made, alone, without what it stands on.
 * - `decant/empty`: the step of this key changed nothing.
 * - `decant/key/KIND`, linked to another record instead: the definition of this digest leads to that key.
 */
import { sha256 } from '../codec/digest.ts';
import { MAX_CONFIG_BYTES } from './config.ts';
import type { Descriptor } from './descriptor.ts';
import { isDigest } from './digest.ts';
import type { LayerDescriptor } from './image.ts';
import { canonicalJson, damaged, type Fields, parseObject, parseObjects } from './json.ts';
import { encodeManifest } from './manifest.ts';
import { layerCompression, MEDIA_TYPE } from './media-types.ts';

export interface CachedStep {
  /** 64 hexadecimal digits. */
  readonly key: string;
  /** How the layer was packed; absent, as the layer, where the step changed nothing. */
  readonly packing?: string | undefined;
  /** Bytes of the layer's files. */
  readonly size: number;
  readonly layer?: LayerDescriptor | undefined;
}

/** What a definition leads to: a key, where finding it would have taken doing steps. */
export interface CachedKey {
  readonly kind: string;
  readonly definition: string;
  readonly key: string;
}

export interface BuildCache {
  readonly steps: readonly CachedStep[];
  readonly keys: readonly CachedKey[];
}

export interface CacheDocuments {
  readonly config: Uint8Array;
  readonly manifest: Uint8Array;
  readonly descriptor: Descriptor;
  /** Layers, each once, and the config. */
  readonly blobs: readonly Descriptor[];
}

export const CACHE_CONFIG_TYPE = 'application/vnd.buildkit.cacheconfig.v0';
/** Of an image's config: the records, as JSON in Base64; layers are those of the image. */
export const INLINE_CACHE = 'moby.buildkit.cache.v0';
/** Of a layer's descriptor: its diff id. */
const UNCOMPRESSED = 'containerd.io/uncompressed';
const ROOT = sha256('decant build cache, version 1');
/** BuildKit wants a time, and the clock's would make every cache another one. */
const CREATED = '1970-01-01T00:00:00Z';

/** The same cache always gives the same bytes. */
export function cacheDocuments(cache: BuildCache): CacheDocuments {
  const layers = new Map<string, Descriptor>();
  for (const { layer } of bySteps(cache)) {
    if (!layer) continue;
    const { mediaType, digest, size } = layer.descriptor;
    layers.set(digest, { mediaType, digest, size, annotations: { [UNCOMPRESSED]: layer.diffId } });
  }
  const digests = [...layers.keys()];
  const config = canonicalJson({
    layers: digests.map((blob) => ({ blob, parent: -1 })),
    records: recordsOf(cache, (digest) => digests.indexOf(digest)),
  });
  const configDescriptor = {
    mediaType: CACHE_CONFIG_TYPE,
    digest: sha256(config),
    size: config.byteLength,
  };
  const manifest = encodeManifest({
    mediaType: MEDIA_TYPE.manifest,
    config: configDescriptor,
    layers: [...layers.values()],
  });
  return {
    config,
    manifest,
    descriptor: { mediaType: MEDIA_TYPE.manifest, digest: sha256(manifest), size: manifest.byteLength },
    blobs: [...layers.values(), configDescriptor],
  };
}

/** The value of `moby.buildkit.cache.v0` for an image with these layers; what is no layer of it is left out. */
export function inlineCache(cache: BuildCache, layers: readonly LayerDescriptor[]): string {
  const digests = layers.map(({ descriptor }) => descriptor.digest);
  const steps = cache.steps.filter(({ layer }) => !layer || digests.includes(layer.descriptor.digest));
  const records = recordsOf({ ...cache, steps }, (digest) => digests.indexOf(digest));
  return Buffer.from(canonicalJson(records)).toString('base64');
}

interface Record {
  readonly digest: string;
  readonly layers?: readonly { readonly layer: number; readonly createdAt: string }[];
  readonly inputs?: readonly (readonly { readonly selector: string; readonly link: number }[])[];
}

function recordsOf(cache: BuildCache, indexOf: (digest: string) => number): readonly Record[] {
  const records: Record[] = [{ digest: ROOT }];
  const places = new Map<string, number>();
  for (const { key, packing, size, layer } of bySteps(cache)) {
    places.set(key, records.length);
    const selector = layer ? `decant/layer/${packing}/${size}` : 'decant/empty';
    records.push({
      digest: `sha256:${key}`,
      ...(layer ? { layers: [{ layer: indexOf(layer.descriptor.digest), createdAt: CREATED }] } : {}),
      inputs: [[{ selector, link: 0 }]],
    });
  }
  const keys = [...cache.keys].sort((a, b) => order(a.definition + a.kind, b.definition + b.kind));
  for (const { kind, definition, key } of keys) {
    let link = places.get(key);
    if (link === undefined) {
      // The key of a step that is not part of this cache, as of one in a stage whose layers are left out.
      link = records.length;
      places.set(key, link);
      records.push({ digest: `sha256:${key}`, inputs: [[{ selector: 'decant/other', link: 0 }]] });
    }
    records.push({ digest: `sha256:${definition}`, inputs: [[{ selector: `decant/key/${kind}`, link }]] });
  }
  return records;
}

function bySteps({ steps }: BuildCache): readonly CachedStep[] {
  return [...steps].sort((a, b) => order(a.key + (a.packing ?? ''), b.key + (b.packing ?? '')));
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Reads the config of a cache; `descriptors` are the layers that its manifest names. What BuildKit or anybody else has in it is
 * passed over. Throws IMAGE_DAMAGED.
 */
export function decodeCache(
  bytes: Uint8Array,
  descriptors: readonly Descriptor[],
  what = 'build cache',
): BuildCache {
  const fields = parseObject(bytes, what, MAX_CONFIG_BYTES);
  const layers = (fields.objects('layers') ?? []).map((layer) => {
    const blob = layer.string('blob');
    const descriptor = descriptors.find(({ digest }) => digest === blob);
    const diffId = descriptor?.annotations?.[UNCOMPRESSED];
    return descriptor && diffId !== undefined && isDigest(diffId) ? { descriptor, diffId } : undefined;
  });
  return decodeRecords(fields.objects('records') ?? [], layers);
}

/** Reads the cache out of an image's config; undefined where it has none. Throws IMAGE_DAMAGED. */
export function decodeInlineCache(
  config: Uint8Array,
  layers: readonly LayerDescriptor[],
  what = 'image config',
): BuildCache | undefined {
  const text = parseObject(config, what, MAX_CONFIG_BYTES).string(INLINE_CACHE);
  if (text === undefined) return undefined;
  return decodeRecords(
    parseObjects(Buffer.from(text, 'base64'), `${what}: ${INLINE_CACHE}`, MAX_CONFIG_BYTES),
    layers,
  );
}

function decodeRecords(
  records: readonly Fields[],
  layers: readonly (LayerDescriptor | undefined)[],
): BuildCache {
  const digests = records.map((record) => record.string('digest') ?? '');
  const steps: CachedStep[] = [];
  const keys: CachedKey[] = [];
  for (const [index, record] of records.entries()) {
    const input = onlyInput(record);
    const key = keyOf(digests[index]);
    if (!input || key === undefined) continue;
    const [, type, detail, size] =
      /^decant\/([a-z]+)(?:\/([^/]+))?(?:\/(\d{1,15}))?$/.exec(input.selector) ?? [];
    if (type === 'key' && detail !== undefined) {
      const to = keyOf(digests[input.link]);
      if (to !== undefined) keys.push({ kind: detail, definition: key, key: to });
    } else if (digests[input.link] !== ROOT) {
      continue;
    } else if (type === 'empty') {
      steps.push({ key, size: 0 });
    } else if (type === 'layer' && detail !== undefined && size !== undefined) {
      const layer = layers[record.objects('layers')?.[0]?.integer('layer') ?? -1];
      if (layer && layerCompression(layer.descriptor.mediaType) !== undefined)
        steps.push({ key, packing: detail, size: Number(size), layer });
    }
  }
  return { steps, keys };
}

/** Inputs are a list of lists, which `Fields` does not know. */
function onlyInput(record: Fields): { readonly selector: string; readonly link: number } | undefined {
  const [inputs, ...others] = record.lists('inputs') ?? [];
  const [input, ...more] = inputs ?? [];
  if (!input || others.length > 0 || more.length > 0) return undefined;
  const [selector, link] = [input.string('selector'), input.integer('link')];
  return selector === undefined || link === undefined ? undefined : { selector, link };
}

function keyOf(digest: string | undefined): string | undefined {
  const hex = digest?.slice('sha256:'.length) ?? '';
  return digest?.startsWith('sha256:') && /^[0-9a-f]{64}$/.test(hex) ? hex : undefined;
}

/** Whether the config of a manifest is that of a cache. */
export function isCacheConfig({ mediaType }: Descriptor): boolean {
  return mediaType === CACHE_CONFIG_TYPE;
}

/** Throws IMAGE_DAMAGED for a cache that is too large to be read again. */
export function checkCacheSize({ config }: CacheDocuments): void {
  if (config.byteLength > MAX_CONFIG_BYTES)
    throw damaged(`the build cache has too many steps: its config has ${config.byteLength} bytes`);
}
