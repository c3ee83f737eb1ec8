/**
 * Trees that each hold the one before as layers of one image: every layer has what its tree adds. A time that differs
 * is no difference, since what composing makes has the time of the newest package.
 */
import type { Entry, FileEntry, Layer, Node } from '../tree/entry.ts';
import { makeLayer } from '../tree/layer.ts';
import { stack, walk } from '../tree/tree.ts';

export interface NamedLayer {
  /** What is shown while it is packed, and in the image's history. */
  readonly name: string;
  readonly layer: Layer;
}

/**
 * From the lowest up. A tree of which a later one lacks something, or replaces much, is no layer of its own: what an image does not
 * have should not be in it, hidden. A tree that adds nothing gives no layer.
 */
export function pile(trees: readonly NamedLayer[]): readonly NamedLayer[] {
  const layers: NamedLayer[] = [];
  for (const { name, layer } of trees) {
    let added = addition(layers, layer);
    while (!added) {
      layers.pop();
      added = addition(layers, layer);
    }
    if (added.entries.length > 0) layers.push({ name, layer: added });
  }
  return layers;
}

/** What a tree has beyond layers; undefined where it lacks something of them. */
function addition(below: readonly NamedLayer[], above: Layer): Layer | undefined {
  if (below.length === 0) return above;
  const seen = stack(below.map(({ layer }) => layer));
  const whole = stack([above]);
  for (const { path, type } of walk(seen)) {
    const node = whole.get(path);
    // A directory that is empty here does no harm; what was in it is looked at by itself.
    if (node ? (type === 'directory') !== (node.type === 'directory') : type !== 'directory')
      return undefined;
  }
  let hidden = 0;
  const entries = above.entries.filter((entry) => {
    const node = seen.get(entry.path);
    if (node && isSame(node, entry)) return false;
    if (node?.type === 'file') hidden += node.size;
    return true;
  });
  return hidden > MAX_HIDDEN_BYTES ? undefined : makeLayer(entries);
}

/** Of files that are replaced; room for the cache of the loader, and for a bundle of certificates with further ones. */
const MAX_HIDDEN_BYTES = 768 * 1024;

function isSame(node: Node, entry: Entry): boolean {
  if (
    node.type !== entry.type ||
    node.mode !== entry.mode ||
    node.uid !== entry.uid ||
    node.gid !== entry.gid
  )
    return false;
  if (node.type === 'symlink' && entry.type === 'symlink') return node.target === entry.target;
  if (node.type === 'file' && entry.type === 'file') return isSameFile(node, entry);
  return node.type === 'directory';
}

/** The same bytes of the same package, or small ones that were made twice. */
function isSameFile(a: FileEntry, b: FileEntry): boolean {
  if (a.size !== b.size || a.content.kind !== b.content.kind) return false;
  if (a.content.kind === 'inline' && b.content.kind === 'inline')
    return Buffer.compare(a.content.bytes, b.content.bytes) === 0;
  if (a.content.kind === 'file' && b.content.kind === 'file')
    return a.content.path === b.content.path && a.content.offset === b.content.offset;
  return (
    a.content.kind === 'blob' &&
    b.content.kind === 'blob' &&
    a.content.blob === b.content.blob &&
    a.content.offset === b.content.offset
  );
}
