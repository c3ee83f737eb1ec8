import { describe, expect, test } from 'vitest';
import type { ImageConfig } from '../../oci/config.ts';
import { makeLayer } from '../../tree/layer.ts';
import type { Tree } from '../../tree/tree.ts';
import { plainDirectory, stack } from '../../tree/tree.ts';
import { withTree } from './assumed-tree.ts';
import type { LayerHandle } from './layer-handle.ts';

const CONFIG: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  config: { WorkingDir: '/srv-of-mine', Env: ['PATH=/tools/bin:/usr/bin'], Entrypoint: ['/start'] },
  history: [{ created_by: 'RUN mkdir /made' }],
  rootfs: { type: 'layers', diff_ids: [] },
};
const BASE = makeLayer([plainDirectory('secret')]);

function handle(left: boolean): LayerHandle & { readonly reads: () => number } {
  let reads = 0;
  return {
    key: 'k',
    entries: () => {
      reads += 1;
      return Promise.resolve(BASE);
    },
    directory: () => Promise.resolve(undefined),
    packed: () => Promise.resolve(undefined),
    knownSize: () => undefined,
    leftOf: () => (left ? CONFIG : undefined),
    reads: () => reads,
  };
}

const look = (path: string) => (tree: Tree) => Promise.resolve(tree.get(path)?.type);

describe('a base that was left in its registry', () => {
  test.each(['app', 'app/bin/tool', 'calc', 'opt-app', ''])('is not read for /%s', async (path) => {
    const base = handle(true);
    expect(await withTree([base], look(path))).toBe(path === '' ? 'directory' : undefined);
    expect(base.reads()).toBe(0);
  });

  test.each([
    'usr/local/bin/tool',
    'bin',
    'etc/passwd',
    'tmp',
    'srv-of-mine',
    'tools',
    'start',
    'made/x',
    '.hidden',
    'ä',
  ])('is read for /%s, which it may have', async (path) => {
    const base = handle(true);
    await withTree([base], look(path));
    expect(base.reads()).toBe(1);
  });

  test('is seen with what is known to lie on it', async () => {
    const base = handle(true);
    const above: LayerHandle = {
      ...handle(false),
      entries: () => Promise.resolve(makeLayer([plainDirectory('app')])),
    };
    expect(await withTree([base, above], look('app'))).toBe('directory');
    expect(base.reads()).toBe(0);
  });

  test('is read as it is where it is at hand', async () => {
    const base = handle(false);
    expect(await withTree([base], look('secret'))).toBe('directory');
  });

  test('gives the failure of what is done, not its own', async () => {
    const failing = (tree: Tree): Promise<never> => Promise.reject(new Error(`no ${tree.get('app')?.type}`));
    await expect(withTree([handle(true)], failing)).rejects.toThrow('no undefined');
    expect(stack([BASE]).get('secret')?.type).toBe('directory');
  });
});
