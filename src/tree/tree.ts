/**
 * A tree: what can be looked up by path. A stack of layers is one, a build context on disk is another, and COPY,
 * user look-up, inspection and comparison need nothing else.
 */
import { DecantError } from '../errors.ts';
import type { DirectoryEntry, Layer, Node } from './entry.ts';
import { indexOf } from './layer.ts';
import type { LayerIndex } from './layer.ts';
import { cleanPath, joinPath, parentOf } from './path.ts';

export interface Tree {
  /** What stands at exactly this path; links are not followed, neither last nor on the way. */
  readonly get: (path: string) => Node | undefined;
  /** Names in a directory, sorted; empty for anything else. */
  readonly list: (directory: string) => readonly string[];
}

/** The root of a tree that says nothing about it, and directories that a layer implies without listing them. */
export function plainDirectory(path: string): DirectoryEntry {
  return { type: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime: 0 };
}

/** Layers seen as one tree, the last on top (OCI image-spec, layer.md: changesets and whiteouts). */
export function stack(layers: readonly Layer[]): Tree {
  const indexes = layers.map(indexOf).reverse();
  const views = new Map<string, readonly LayerIndex[]>();

  /** The layers that have a part in a directory, the top one first: few of many, so each is looked for only once. */
  const viewOf = (directory: string): readonly LayerIndex[] => {
    let view = views.get(directory);
    if (!view) {
      view = directory === '' ? indexes : viewOf(parentOf(directory));
      if (view.length > 0) view = layersIn(view, directory);
      views.set(directory, view);
    }
    return view;
  };

  const get = (path: string): Node | undefined => {
    let implied = path === '';
    for (const index of path === '' ? indexes : viewOf(parentOf(path))) {
      const entry = index.get(path);
      if (entry?.type === 'directory') return entry;
      // What a higher layer has something below is a directory, whatever it was before.
      if (entry && implied) break;
      if (entry) return entry.type === 'whiteout' ? undefined : entry;
      implied ||= index.implies(path);
    }
    return implied ? plainDirectory(path) : undefined;
  };

  return {
    get,
    list(directory) {
      const names = new Set<string>();
      for (const index of viewOf(directory)) for (const name of index.children(directory)) names.add(name);
      return [...names].filter((name) => get(joinPath(directory, name)) !== undefined).sort();
    },
  };
}

/** Of the layers that have a part in what is above a directory, those that have one in itself and are not cut off. */
function layersIn(above: readonly LayerIndex[], directory: string): readonly LayerIndex[] {
  const view: LayerIndex[] = [];
  for (const index of above) {
    const entry = index.get(directory);
    if (entry && entry.type !== 'directory') break;
    if (entry || index.implies(directory)) view.push(index);
    if (entry?.opaque) break;
  }
  return view;
}

/** Links followed before a chain of them is called a loop, as in the kernel (path_resolution(7): 40). */
const MAX_LINKS = 40;

/**
 * Follows symbolic links inside the tree, as a process with the tree as its root would: absolute targets start at the
 * root, `..` stops there. Components that do not exist are kept, so the result of a path that is not there is where it
 * would be made.
 *
 * @param follow `all` follows a link at the end too, `parents` only those on the way.
 */
export function resolvePath(tree: Tree, path: string, follow: 'all' | 'parents' = 'all'): string {
  const pending = componentsOf(cleanPath(path));
  let resolved = '';
  let links = 0;
  for (let component = pending.pop(); component !== undefined; component = pending.pop()) {
    if (component === '.') continue;
    if (component === '..') {
      resolved = parentOf(resolved);
      continue;
    }
    const here = joinPath(resolved, component);
    const node = pending.length > 0 || follow === 'all' ? tree.get(here) : undefined;
    if (node?.type !== 'symlink') {
      resolved = here;
      continue;
    }
    if (++links > MAX_LINKS) {
      throw new DecantError('COPY_FAILED', `too many symbolic links in "/${cleanPath(path)}"`, {
        hint: 'the links lead to each other in a circle',
      });
    }
    if (node.target.startsWith('/')) resolved = '';
    pending.push(...componentsOf(node.target));
  }
  return resolved;
}

/** The last component first, so that the next one is taken off the end. */
function componentsOf(path: string): string[] {
  return path.split('/').filter(Boolean).reverse();
}

/** Everything at and below a path, a directory before what is in it, names in order. */
export function* walk(tree: Tree, path = ''): Generator<Node> {
  const node = tree.get(path);
  if (!node) return;
  yield node;
  if (node.type !== 'directory') return;
  for (const name of tree.list(path)) yield* walk(tree, joinPath(path, name));
}
