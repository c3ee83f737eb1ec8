import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { sha256 } from '../codec/digest.ts';
import { DecantError } from '../errors.ts';
import { decodeConfig, encodeConfig, type ImageConfig } from './config.ts';
import { imageDocuments, makeImage, readImage } from './image.ts';
import { decodeIndex, decodeManifest, encodeIndex, encodeManifest, MAX_MANIFEST_BYTES } from './manifest.ts';
import { MEDIA_TYPE } from './media-types.ts';

const LAYER = sha256('layer');
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

const CONFIG: ImageConfig = {
  created: '2024-01-02T03:04:05Z',
  author: 'me',
  architecture: 'arm64',
  variant: 'v8',
  os: 'linux',
  config: {
    User: '65532',
    ExposedPorts: { '8080/tcp': {}, '53/udp': {} },
    Env: ['PATH=/bin', 'EMPTY='],
    Entrypoint: ['/app'],
    Cmd: [],
    Volumes: { '/data': {} },
    WorkingDir: '/',
    Labels: { b: '2', a: '1', '10': 'x', '9': 'y', __proto__x: '' },
    StopSignal: 'SIGTERM',
    ArgsEscaped: true,
    Healthcheck: { Test: ['CMD', 'true'], Interval: 30_000_000_000, Retries: 3 },
    OnBuild: ['RUN true'],
    Shell: ['/bin/sh', '-c'],
  },
  rootfs: { type: 'layers', diff_ids: [LAYER] },
  history: [
    { created_by: 'COPY . .', comment: 'c' },
    { created_by: 'CMD ["x"]', empty_layer: true },
  ],
};

describe('the image config', () => {
  test('has its keys in one order, maps sorted by bytes, and no white space', () => {
    expect(text(encodeConfig(CONFIG))).toBe(
      '{"created":"2024-01-02T03:04:05Z","author":"me","architecture":"arm64","variant":"v8","os":"linux","config":' +
        '{"User":"65532","ExposedPorts":{"53/udp":{},"8080/tcp":{}},"Env":["PATH=/bin","EMPTY="],"Entrypoint":["/app"],' +
        '"Cmd":[],"Volumes":{"/data":{}},"WorkingDir":"/","Labels":{"10":"x","9":"y","__proto__x":"","a":"1","b":"2"},' +
        '"StopSignal":"SIGTERM","ArgsEscaped":true,"Healthcheck":{"Test":["CMD","true"],"Interval":30000000000,"Retries":3},' +
        `"OnBuild":["RUN true"],"Shell":["/bin/sh","-c"]},"rootfs":{"type":"layers","diff_ids":["${LAYER}"]},` +
        '"history":[{"created_by":"COPY . .","comment":"c"},{"created_by":"CMD [\\"x\\"]","empty_layer":true}]}',
    );
  });

  test('reads back as it was', () => {
    expect(decodeConfig(encodeConfig(CONFIG))).toEqual(CONFIG);
  });

  test('keeps labels with names that JavaScript treats in a special way', () => {
    const bytes = Buffer.from(
      '{"architecture":"amd64","os":"linux","config":{"Labels":{"__proto__":"p","constructor":"c"}},"rootfs":{"type":"layers","diff_ids":[]}}',
    );
    expect(text(encodeConfig(decodeConfig(bytes)))).toBe(text(bytes));
  });

  test('takes the nulls that Go writes for fields that are not there', () => {
    const decoded = decodeConfig(
      json({
        architecture: 'amd64',
        os: 'linux',
        config: { Cmd: null, Env: null, Labels: null },
        rootfs: { type: 'layers', diff_ids: null },
        history: null,
      }),
    );
    expect(decoded).toEqual({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [] },
    });
  });

  test('gives the same bytes whatever the order of its labels', () => {
    const labels = fc.dictionary(fc.string(), fc.string(), { maxKeys: 10 });
    fc.assert(
      fc.property(labels, (record) => {
        const shuffled = Object.fromEntries(Object.entries(record).reverse());
        const make = (Labels: Record<string, string>): string =>
          text(encodeConfig({ ...CONFIG, config: { Labels } }));
        expect(make(shuffled)).toBe(make(record));
        expect(decodeConfig(encodeConfig({ ...CONFIG, config: { Labels: record } })).config?.Labels).toEqual(
          Object.fromEntries(Object.entries(record)),
        );
      }),
    );
  });

  test.each([
    ['not JSON', Buffer.from('{'), 'is not valid JSON'],
    ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'is not valid JSON'],
    ['a list', json([]), 'is not a JSON object'],
    ['no rootfs', json({ architecture: 'a', os: 'b' }), 'field "rootfs" is missing'],
    [
      'a number for a name',
      json({ architecture: 1, os: 'b', rootfs: {} }),
      'field "architecture" is not a string',
    ],
    [
      'a diff id that is a path',
      json({ architecture: 'a', os: 'b', rootfs: { diff_ids: ['../x'] } }),
      'is not a sha256 digest',
    ],
    [
      'a map for a list',
      json({ architecture: 'a', os: 'b', rootfs: {}, config: { Env: {} } }),
      'field "Env" is not a list',
    ],
    [
      'another root file system',
      json({ architecture: 'a', os: 'b', rootfs: { type: 'windows' } }),
      'not "layers"',
    ],
    [
      'too many of anything',
      json({ architecture: 'a', os: 'b', rootfs: { diff_ids: Array(10_001).fill('') } }),
      'too many items',
    ],
  ])('with %s is damaged', (_what, bytes, message) => {
    expect(() => decodeConfig(bytes)).toThrow(
      expect.objectContaining({
        code: 'IMAGE_DAMAGED',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });
});

describe('manifests and indexes', () => {
  const descriptor = { mediaType: MEDIA_TYPE.layer, digest: LAYER, size: 5 };
  const config = { mediaType: MEDIA_TYPE.config, digest: sha256('config'), size: 6 };

  test('read back as they were', () => {
    const manifest = {
      mediaType: MEDIA_TYPE.manifest,
      config,
      layers: [descriptor],
      annotations: { b: '1', a: '2' },
    };
    expect(decodeManifest(encodeManifest(manifest))).toEqual(manifest);
    const index = {
      mediaType: MEDIA_TYPE.index,
      manifests: [
        {
          ...descriptor,
          mediaType: MEDIA_TYPE.manifest,
          platform: { architecture: 'arm', os: 'linux', variant: 'v7' },
        },
      ],
    };
    expect(decodeIndex(encodeIndex(index))).toEqual(index);
  });

  test.each([
    ['schema 1', { schemaVersion: 1, fsLayers: [] }, 'schema version 1'],
    [
      'both shapes at once',
      { schemaVersion: 2, config, layers: [], manifests: [] },
      'is not an image manifest',
    ],
    [
      'the type of an index',
      { schemaVersion: 2, mediaType: MEDIA_TYPE.index, config, layers: [] },
      'is not an image manifest',
    ],
    ['a negative size', { schemaVersion: 2, config: { ...config, size: -1 }, layers: [] }, 'is negative'],
    [
      'a size that is no integer',
      { schemaVersion: 2, config: { ...config, size: 1e300 }, layers: [] },
      'is not an integer',
    ],
    [
      'a digest that is a path',
      { schemaVersion: 2, config: { ...config, digest: 'sha256:../../x' }, layers: [] },
      'is not a sha256 digest',
    ],
    [
      'too many layers',
      { schemaVersion: 2, config, layers: Array.from({ length: 1001 }, () => descriptor) },
      '1001 layers',
    ],
    ['no layers', { schemaVersion: 2, config }, 'field "layers" is missing'],
  ])('a manifest with %s is damaged', (_what, value, message) => {
    expect(() => decodeManifest(json(value))).toThrow(
      expect.objectContaining({
        code: 'IMAGE_DAMAGED',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });

  test('of more than 4 MiB are not read', () => {
    expect(() => decodeManifest(Buffer.alloc(MAX_MANIFEST_BYTES + 1, ' '))).toThrow('too large');
  });

  test('whatever they hold, the answer is a document or IMAGE_DAMAGED', () => {
    const value = fc.oneof(
      fc.json(),
      fc
        .record(
          {
            schemaVersion: fc.constant(2),
            config: fc.anything(),
            layers: fc.anything(),
            annotations: fc.anything(),
          },
          { requiredKeys: [] },
        )
        .map((item) => JSON.stringify(item)),
    );
    fc.assert(
      fc.property(value, (document) => {
        for (const decode of [decodeManifest, decodeIndex, decodeConfig]) {
          try {
            decode(Buffer.from(document));
          } catch (error) {
            expect(error).toBeInstanceOf(DecantError);
          }
        }
      }),
    );
  });
});

describe('an image', () => {
  const layers = [
    { descriptor: { mediaType: MEDIA_TYPE.layerGzip, digest: sha256('gzipped'), size: 9 }, diffId: LAYER },
  ];
  const image = makeImage(CONFIG, layers);

  test('makes the same documents every time, and reads back from them', () => {
    const documents = imageDocuments(image);
    expect(imageDocuments(makeImage(CONFIG, layers))).toEqual(documents);
    expect(documents.manifestDescriptor).toEqual({
      mediaType: MEDIA_TYPE.manifest,
      digest: sha256(documents.manifest),
      size: documents.manifest.length,
      platform: { architecture: 'arm64', os: 'linux' },
    });
    expect(readImage(documents.manifest, documents.config, 'image x')).toEqual(image);
  });

  test.each([
    ['fewer layers than diff ids', [], MEDIA_TYPE.config, '0 layers in its manifest, 1 in its config'],
    [
      'a layer that is no file system',
      [{ ...layers[0]?.descriptor, mediaType: 'application/wasm' }],
      MEDIA_TYPE.config,
      'unknown type',
    ],
    [
      'a plain layer with another diff id',
      [{ ...layers[0]?.descriptor, mediaType: MEDIA_TYPE.layer }],
      MEDIA_TYPE.config,
      'digest and diff id differ',
    ],
    [
      'a config that is none',
      [layers[0]?.descriptor],
      'application/vnd.oci.empty.v1+json',
      'is not a container image',
    ],
  ])('with %s is damaged', (_what, descriptors, mediaType, message) => {
    const manifest = json({
      schemaVersion: 2,
      config: { mediaType, digest: LAYER, size: 1 },
      layers: descriptors,
    });
    expect(() => readImage(manifest, encodeConfig(image.config), 'image x')).toThrow(
      expect.objectContaining({
        code: 'IMAGE_DAMAGED',
        message: expect.stringContaining(message) as string,
      }) as Error,
    );
  });
});
