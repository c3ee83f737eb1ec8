import { describe, expect, test } from 'vitest';
import { sha256 } from '../../codec/digest.ts';
import type { Entry } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import { sizeOf } from '../../tree/size.ts';
import { bytesOf, directory, file, link, whiteout } from '../../tree/testing.ts';
import { stack } from '../../tree/tree.ts';
import type { ImageView, LayerView } from '../image/image-view.ts';
import type { Package } from '../packages/package.ts';
import { compareImages } from './compare-images.ts';
import { comparePackages } from './compare-packages.ts';

/** An image of layers in memory; a layer's name makes its digest and diff id. */
function image(name: string, stacked: Readonly<Record<string, readonly Entry[]>>): ImageView {
  const made = Object.entries(stacked).map(([id, entries]) => ({ id, layer: makeLayer(entries) }));
  const layers = made.map(({ id, layer }, index): LayerView => {
    const files = layer.entries.filter((entry) => entry.type === 'file');
    return {
      index,
      descriptor: { mediaType: 'layer', digest: sha256(id), size: 1000 },
      diffId: sha256(`diff ${id}`),
      step: { createdBy: '', instruction: `COPY ${id} /` },
      entries: async () => layer,
      size: async () => sizeOf(layer),
      isHere: () => true,
      file: async () => undefined,
      tar: () => {
        throw new Error('nobody reads it');
      },
      read: async () => {},
      digests: async () => new Map(files.map((entry) => [entry.path, sha256(bytesOf(entry))])),
    };
  });
  return {
    name,
    names: [],
    descriptor: { mediaType: 'manifest', digest: sha256(name), size: 1 },
    id: sha256(`id ${name}`),
    platform: { os: 'linux', architecture: 'amd64' },
    config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
    configBytes: new Uint8Array(),
    layers,
    steps: [],
    open: bytesOf,
    tree: async () => stack(made.map(({ layer }) => layer)),
    close: async () => {},
  };
}

const base: readonly Entry[] = [
  directory('etc'),
  file('etc/name', 'old'),
  file('etc/gone', 'x'),
  file('big', '0'.repeat(50)),
];

describe('two images', () => {
  const first = image('one', { base, app: [file('app', 'aaaa'), file('same', 'twin', { mtime: 5 })] });
  const second = image('two', {
    base,
    app2: [
      file('app', 'bbbb', { mode: 0o755 }),
      file('same', 'twin'),
      whiteout('etc/gone'),
      link('new', 'app'),
    ],
  });

  test('differ in files by what is in them, not by their times', async () => {
    const { files } = await compareImages(first, second);
    expect(files).toEqual({
      added: 1,
      removed: 1,
      changed: 1,
      // The root, etc, etc/name, big and same.
      same: 5,
      list: [
        { change: 'changed', path: 'app', type: 'file', sizes: [4, 4], what: ['content', 'mode'] },
        { change: 'removed', path: 'etc/gone', type: 'file', sizes: [1, 0], what: [] },
        { change: 'added', path: 'new', type: 'symlink', sizes: [0, 0], what: [] },
      ],
    });
  });

  test('share layers, which need not be sent again', async () => {
    const compared = await compareImages(first, second, { bandwidths: [8000] });
    expect(compared.sharedLayers).toEqual({ count: 1, packedSize: 1000, unpackedSize: 54 });
    expect(compared.images.map(({ layers }) => layers.map(({ shared }) => shared))).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(compared.deployment).toEqual([{ bandwidth: 8000, fresh: [2, 2], update: 1 }]);
    expect(compared.images[1]).toMatchObject({ name: 'two', packedSize: 2000, unpackedSize: 62, files: 5 });
  });

  test.each<[string, Entry, Entry, readonly string[]]>([
    ['a type', file('a'), link('a', 'b'), ['type']],
    ['a target', link('a', 'b'), link('a', 'c'), ['target']],
    ['an owner', file('a'), file('a', '', { uid: 1 }), ['owner']],
    ['a group', directory('a'), directory('a', { gid: 1 }), ['owner']],
    ['a size', file('a', 'x'), file('a', 'xx'), ['content']],
    ['a content', file('a', 'x'), file('a', 'y'), ['content']],
    [
      'capabilities',
      file('a'),
      file('a', '', { xattrs: { 'security.capability': new Uint8Array([1]) } }),
      ['attributes'],
    ],
  ])('differ in %s', async (_, old, now, what) => {
    const { files } = await compareImages(image('one', { a: [old] }), image('two', { b: [now] }));
    expect(files?.list.map((change) => change.what)).toEqual([what]);
  });
});

describe('packages', () => {
  const one = (name: string, version: string, manager: Package['manager'] = 'dpkg'): Package => {
    return { manager, name, version, licenses: [], purl: '', path: '' };
  };

  test('are added, removed, or there in another version', () => {
    const compared = comparePackages(
      [one('libc6', '2.36'), one('curl', '7.88'), one('x', '1', 'npm'), one('x', '2', 'npm')],
      [
        one('libc6', '2.41'),
        one('tini', '0.19'),
        one('x', '2', 'npm'),
        one('x', '1', 'npm'),
        one('curl', '7', 'npm'),
      ],
    );
    expect(compared).toEqual({
      added: 2,
      removed: 1,
      changed: 1,
      same: 1,
      list: [
        { change: 'removed', manager: 'dpkg', name: 'curl', versions: [['7.88'], []] },
        { change: 'changed', manager: 'dpkg', name: 'libc6', versions: [['2.36'], ['2.41']] },
        { change: 'added', manager: 'dpkg', name: 'tini', versions: [[], ['0.19']] },
        { change: 'added', manager: 'npm', name: 'curl', versions: [[], ['7']] },
      ],
    });
  });
});
