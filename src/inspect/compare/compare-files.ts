/**
 * What is different between the trees of two images. Times do not count: building the same again changes them. Contents are
 * compared by digest, and read only where two files at one path have the same size and come from different layers.
 */
import type { Entry, FileEntry, Node } from '../../tree/entry.ts';
import { walk } from '../../tree/tree.ts';
import type { ImageView, LayerView } from '../image/image-view.ts';
import type { Changes, FileChange, FileDifference } from './comparison.ts';

/** The list has the largest changes first, then by path. */
export async function compareFiles(first: ImageView, second: ImageView): Promise<Changes<FileChange>> {
  const [before, after] = [await sideOf(first), await sideOf(second)];
  const counts = { added: 0, removed: 0, changed: 0, same: 0 };
  const list: FileChange[] = [];
  const add = (change: FileChange): void => {
    counts[change.change] += 1;
    list.push(change);
  };
  for (const old of before.nodes.values()) {
    const node = after.nodes.get(old.path);
    if (!node) {
      add({ change: 'removed', path: old.path, type: old.type, sizes: [sizeOf(old), 0], what: [] });
      continue;
    }
    const what = await differences(old, node, before, after);
    if (what.length === 0) counts.same += 1;
    else
      add({ change: 'changed', path: old.path, type: node.type, sizes: [sizeOf(old), sizeOf(node)], what });
  }
  for (const node of after.nodes.values())
    if (!before.nodes.has(node.path))
      add({ change: 'added', path: node.path, type: node.type, sizes: [0, sizeOf(node)], what: [] });
  const weight = ({ sizes }: FileChange): number => Math.max(...sizes);
  list.sort((a, b) => weight(b) - weight(a) || (a.path < b.path ? -1 : Number(a.path > b.path)));
  return { ...counts, list };
}

interface Side {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly layerOf: (node: Node) => LayerView | undefined;
}

async function sideOf(image: ImageView): Promise<Side> {
  const nodes = new Map<string, Node>();
  for (const node of walk(await image.tree())) nodes.set(node.path, node);
  const from = new Map<Entry, LayerView>();
  for (const layer of image.layers)
    for (const entry of (await layer.entries()).entries) from.set(entry, layer);
  return { nodes, layerOf: (node) => from.get(node) };
}

async function differences(old: Node, node: Node, before: Side, after: Side): Promise<FileDifference[]> {
  if (old.type !== node.type) return ['type'];
  const what: FileDifference[] = [];
  if (old.type === 'file' && node.type === 'file' && !(await hasSameContent(old, node, before, after)))
    what.push('content');
  if (old.type === 'symlink' && node.type === 'symlink' && old.target !== node.target) what.push('target');
  if ('major' in old && 'major' in node && (old.major !== node.major || old.minor !== node.minor))
    what.push('device');
  if (old.mode !== node.mode) what.push('mode');
  if (old.uid !== node.uid || old.gid !== node.gid) what.push('owner');
  if (!sameAttributes(old, node)) what.push('attributes');
  return what;
}

async function hasSameContent(old: FileEntry, node: FileEntry, before: Side, after: Side): Promise<boolean> {
  if (old.size !== node.size) return false;
  if (old.size === 0) return true;
  const [one, other] = [before.layerOf(old), after.layerOf(node)];
  if (!one || !other) return false;
  if (one.diffId === other.diffId) return true;
  return (await one.digests()).get(old.path) === (await other.digests()).get(node.path);
}

function sameAttributes({ xattrs: one = {} }: Node, { xattrs: other = {} }: Node): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => {
      const [a, b] = [one[name], other[name]];
      return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
    })
  );
}

function sizeOf(node: Node): number {
  return node.type === 'file' ? node.size : 0;
}
