/**
 * What COPY and WORKDIR may take for granted about a base whose layers were left in a registry: next to nothing. A name
 * at the top that no distribution uses, and that neither the image's settings nor its history speak of, is taken not to
 * be there; then the step's layer is the same as if the base had been looked at. Everything else has to be looked at.
 */
import type { ImageConfig } from '../../oci/config.ts';
import type { Tree } from '../../tree/tree.ts';
import { plainDirectory, stack } from '../../tree/tree.ts';
import type { LayerHandle } from './layer-handle.ts';
import { treeOf } from './layer-handle.ts';
import { all } from './memo.ts';

/** Names that a base may have without saying so (Filesystem Hierarchy Standard 3.0, and what is common besides). */
const USUAL = new Set(
  'bin boot data dev etc home init lib lib32 lib64 libexec libx32 media mnt nix opt proc root run sbin snap srv sys system tmp usr var workspace'.split(
    ' ',
  ),
);
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]*$/;

/** Thrown where the base has to be looked at. */
class Unknown extends Error {}

/**
 * Does something with the tree of these layers, without fetching any if that can be.
 *
 * @param use Called a second time, with the tree as it is, where the first asked for what is not known.
 */
export async function withTree<T>(
  layers: readonly LayerHandle[],
  use: (tree: Tree) => Promise<T>,
): Promise<T> {
  const left = layers.findLastIndex((layer) => layer.leftOf?.() !== undefined);
  const config = layers[left]?.leftOf?.();
  if (config) {
    const above = await all(layers.slice(left + 1).map((layer) => layer.entries()));
    try {
      return await use(assumedTree(stack(above), config));
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
    }
  }
  return use(await treeOf(layers));
}

/** Makes the layers that do not have to be fetched. */
export async function atHand(layers: readonly LayerHandle[]): Promise<void> {
  const here = layers.filter((layer) => layer.leftOf?.() === undefined);
  await all(here.map((layer) => layer.entries()));
}

/** @param above What lies on the base and is known. */
export function assumedTree(above: Tree, config: ImageConfig): Tree {
  const said = JSON.stringify(config);
  const known = new Map<string, boolean>();
  const isAbsent = (name: string): boolean => {
    let absent = known.get(name);
    if (absent === undefined) {
      absent =
        PLAIN_NAME.test(name) &&
        !USUAL.has(name) &&
        !new RegExp(`(?<![\\w.-])/?${name}(?![\\w-])`).test(said);
      known.set(name, absent);
    }
    return absent;
  };
  const look = (path: string): void => {
    if (!isAbsent(path.split('/', 1)[0] ?? '')) throw new Unknown(path);
  };
  return {
    get: (path) => {
      if (path === '') return plainDirectory('');
      look(path);
      return above.get(path);
    },
    list: (directory) => {
      look(directory);
      return above.list(directory);
    },
  };
}
