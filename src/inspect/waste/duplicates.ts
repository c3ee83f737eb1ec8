/** Contents that the whole tree of an image has more than once, under different names; hard links are one file. */
import type { FileEntry } from '../../tree/entry.ts';
import { indexOf } from '../../tree/layer.ts';
import type { ImageView } from '../image/image-view.ts';
import { filesOf, type HiddenFile, type Waste } from './waste.ts';

export interface Duplicate {
  readonly digest: string;
  /** Bytes of one copy. */
  readonly size: number;
  /** Bytes of all copies but one. */
  readonly wasted: number;
  /** Sorted by path; layers from 0. */
  readonly copies: readonly { readonly path: string; readonly layer: number }[];
}

export interface Duplicates {
  /** Those that waste most come first. */
  readonly groups: readonly Duplicate[];
  readonly wasted: number;
  /**
   * Bytes of shadowed files whose successor has the same content: only owner, mode or time were changed, and the whole
   * file was copied for it.
   */
  readonly unchanged: readonly HiddenFile[];
  readonly unchangedBytes: number;
}

/** Reads every layer that has a file of a size that another one has too; digests are kept. */
export async function findDuplicates(image: ImageView, waste: Waste): Promise<Duplicates> {
  const tree = await image.tree();
  const bySize = new Map<number, { readonly file: FileEntry; readonly layer: number }[]>();
  for (const { index, entries } of image.layers) {
    for (const names of filesOf((await entries()).entries)) {
      const file = names.find((name) => tree.get(name.path) === name);
      if (!file || file.size === 0) continue;
      const others = bySize.get(file.size) ?? [];
      if (others.push({ file, layer: index }) === 1) bySize.set(file.size, others);
    }
  }
  const digestOf = async (path: string, layer: number): Promise<string> =>
    (await image.layers[layer]?.digests())?.get(path) ?? '';
  const groups = new Map<string, { size: number; copies: { path: string; layer: number }[] }>();
  for (const [size, files] of bySize) {
    if (files.length < 2) continue;
    for (const { file, layer } of files) {
      const digest = await digestOf(file.path, layer);
      const group = groups.get(digest) ?? { size, copies: [] };
      group.copies.push({ path: file.path, layer });
      groups.set(digest, group);
    }
  }
  const found = [...groups]
    .filter(([, { copies }]) => copies.length > 1)
    .map(([digest, { size, copies }]): Duplicate => {
      copies.sort((a, b) => (a.path < b.path ? -1 : 1));
      return { digest, size, wasted: size * (copies.length - 1), copies };
    })
    .sort((a, b) => b.wasted - a.wasted || ((a.copies[0]?.path ?? '') < (b.copies[0]?.path ?? '') ? -1 : 1));
  const unchanged = await unchangedCopies(image, waste, digestOf);
  return {
    groups: found,
    wasted: found.reduce((sum, { wasted }) => sum + wasted, 0),
    unchanged,
    unchangedBytes: unchanged.reduce((sum, { file }) => sum + file.size, 0),
  };
}

async function unchangedCopies(
  image: ImageView,
  { hidden }: Waste,
  digestOf: (path: string, layer: number) => Promise<string>,
): Promise<readonly HiddenFile[]> {
  const found: HiddenFile[] = [];
  for (const each of hidden) {
    const { file, layer, by, how } = each;
    if (how !== 'shadowed' || file.size === 0) continue;
    const hider = await image.layers[by]?.entries();
    const successor = hider && indexOf(hider).get(file.path);
    if (successor?.type !== 'file' || successor.size !== file.size) continue;
    if ((await digestOf(file.path, layer)) === (await digestOf(file.path, by))) found.push(each);
  }
  return found;
}
