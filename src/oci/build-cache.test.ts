import { describe, expect, test } from 'vitest';
import {
  type BuildCache,
  cacheDocuments,
  decodeCache,
  decodeInlineCache,
  INLINE_CACHE,
  inlineCache,
} from './build-cache.ts';
import { encodeConfig } from './config.ts';
import type { LayerDescriptor } from './image.ts';
import { decodeManifest } from './manifest.ts';
import { MEDIA_TYPE } from './media-types.ts';

const hex = (digit: string): string => digit.repeat(64);
const layer = (digit: string): LayerDescriptor => ({
  descriptor: { mediaType: MEDIA_TYPE.layerGzip, digest: `sha256:${hex(digit)}`, size: 10 },
  diffId: `sha256:d${digit.repeat(63)}`,
});
const CACHE: BuildCache = {
  steps: [
    { key: hex('b'), packing: 'gzip', size: 7, layer: layer('2') },
    { key: hex('a'), packing: 'gzip@0', size: 5, layer: layer('1') },
    { key: hex('c'), size: 0 },
  ],
  keys: [
    { kind: 'copy', definition: hex('d'), key: hex('a') },
    { kind: 'mounted', definition: hex('e'), key: hex('f') },
  ],
};

/** The same cache in another order. */
const MIXED: BuildCache = { steps: CACHE.steps.toReversed(), keys: CACHE.keys.toReversed() };

function read(cache: BuildCache): BuildCache {
  const { config, manifest } = cacheDocuments(cache);
  return decodeCache(config, decodeManifest(manifest).layers);
}

const texts = (cache: BuildCache): readonly string[] =>
  [...cache.steps, ...cache.keys].map((each) => {
    const { descriptor, diffId } = ('layer' in each && each.layer) || {};
    return JSON.stringify({ ...each, layer: [descriptor?.digest, diffId] });
  });

/** The order of records says nothing. */
const bySteps = (cache: BuildCache): ReadonlySet<string> => new Set(texts(cache));

describe('a build cache as documents', () => {
  test('reads back as it was', () => {
    expect(bySteps(read(CACHE))).toEqual(bySteps(CACHE));
  });

  test('has the same bytes in whatever order it was learned', () => {
    expect(cacheDocuments(MIXED).descriptor).toEqual(cacheDocuments(CACHE).descriptor);
  });

  test('is a manifest with the layers, each once, and a config of the type of BuildKit', () => {
    const twice = {
      ...CACHE,
      steps: [...CACHE.steps, { key: hex('9'), packing: 'gzip', size: 5, layer: layer('1') }],
    };
    const { manifest, blobs } = cacheDocuments(twice);
    const { config, layers } = decodeManifest(manifest);
    expect(config.mediaType).toBe('application/vnd.buildkit.cacheconfig.v0');
    expect(layers.map(({ digest }) => digest)).toEqual(
      [layer('1'), layer('2')].map((each) => each.descriptor.digest),
    );
    expect(layers[0]?.annotations).toEqual({ 'containerd.io/uncompressed': layer('1').diffId });
    expect(blobs).toHaveLength(3);
  });

  test('of another builder has nothing for us', () => {
    const config = Buffer.from(
      JSON.stringify({
        layers: [{ blob: layer('1').descriptor.digest, parent: -1 }],
        records: [
          { digest: `sha256:${hex('1')}`, layers: [{ layer: 0, createdAt: '2026-01-01T00:00:00Z' }] },
          { digest: 'random:x', inputs: [[{ link: 0 }], [{ selector: 'sha256:x', link: 0 }]] },
        ],
      }),
    );
    expect(decodeCache(config, [layer('1').descriptor])).toEqual({ steps: [], keys: [] });
  });

  test.each([
    ['a layer that the manifest does not name', []],
    ['a layer without a diff id', [layer('1').descriptor, layer('2').descriptor]],
  ])('%s is left out', (_what, descriptors) => {
    const { config } = cacheDocuments(CACHE);
    expect(decodeCache(config, descriptors).steps).toEqual([{ key: hex('c'), size: 0 }]);
  });

  test.each(['', '[]', '{"records":{}}', '{"records":[{"inputs":[[1]]}]}'])('%j is damaged', (text) => {
    expect(() => decodeCache(Buffer.from(text), [])).toThrow(/build cache/);
  });
});

describe('a build cache in the config of an image', () => {
  const image = [layer('0'), layer('1')];
  const config = (value?: string): Uint8Array =>
    encodeConfig({
      architecture: 'amd64',
      os: 'linux',
      rootfs: { type: 'layers', diff_ids: image.map(({ diffId }) => diffId) },
      ...(value === undefined ? {} : { [INLINE_CACHE]: value }),
    });

  test('has what the layers of the image are, and no other layer', () => {
    const found = decodeInlineCache(config(inlineCache(CACHE, image)), image);
    expect(found?.steps.map(({ key, layer: made }) => [key, made?.descriptor.digest])).toEqual([
      [hex('a'), layer('1').descriptor.digest],
      [hex('c'), undefined],
    ]);
    expect(found?.keys).toEqual(read(CACHE).keys);
  });

  test('is absent where it is absent', () => {
    expect(decodeInlineCache(config(), image)).toBeUndefined();
  });
});
