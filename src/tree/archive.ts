/**
 * Laying an archive down in a tree, as ADD does with those it takes apart. The rules are Docker's for unpacking: an
 * archive's entry replaces what is in its way, a directory over a directory gives it its attributes, and links that
 * the tree has are followed as if the destination were the root, so nothing ends up outside it.
 */
import type { LayerBuilder, NewDirectory } from './builder.ts';
import type { Layer, Node } from './entry.ts';
import { baseName, joinPath, parentOf } from './path.ts';
import type { Tree } from './tree.ts';
import { resolvePath } from './tree.ts';

/**
 * @param to A directory of the builder's tree, links resolved.
 * @param made Attributes of directories that the archive implies and the tree does not have.
 * @param place The node as it is to be at a path.
 */
export function layDown(
  archive: Layer,
  builder: LayerBuilder,
  to: string,
  made: NewDirectory,
  place: (node: Node, path: string) => Node,
): void {
  const inside: Tree = {
    get: (path) => builder.get(joinPath(to, path)),
    list: (path) => builder.list(joinPath(to, path)),
  };
  for (const entry of archive.entries) {
    // The destination keeps its own attributes, whatever the archive says about its root.
    if (entry.type === 'whiteout' || entry.path === '') continue;
    const parent = joinPath(to, resolvePath(inside, parentOf(entry.path)));
    builder.makeDirectories(parent, made);
    builder.set(place(entry, joinPath(parent, baseName(entry.path))));
  }
}
