/**
 * The final root file system of an image: its layers applied in order (OCI image-spec, layer.md, "Whiteouts"), then
 * printed one path a line.
 */
import type { Item } from './item.ts';
import { EMPTY_DIRECTORY, printItem } from './item.ts';
import type { Member } from './tar.ts';

/** By absolute path, '/' the root. Hard links of one file share one item object. */
export type Tree = ReadonlyMap<string, Item>;

export function mergeLayers(layers: readonly (readonly Member[])[]): Tree {
  const tree = new Map<string, Item>([['/', EMPTY_DIRECTORY]]);
  for (const layer of layers) {
    // A whiteout speaks of lower layers only, wherever in the archive it stands.
    for (const { path } of layer) hide(tree, path);
    for (const member of layer) if (!name(member.path).startsWith('.wh.')) put(tree, member);
  }
  return tree;
}

/** Where the printed trees are the whole, `link` lines name the first path (in order) of the group. */
export function printTree(tree: Tree, names: ReadonlyMap<string, string>): Map<string, string> {
  const lines = new Map<string, string>();
  const first = new Map<Item, string>();
  for (const path of [...tree.keys()].sort()) {
    const item = tree.get(path);
    if (item === undefined) continue;
    const twin = item.type === 'dir' ? undefined : first.get(item);
    lines.set(path, twin === undefined ? printItem(item, names) : `link -> ${twin}`);
    if (twin === undefined) first.set(item, path);
  }
  return lines;
}

/**
 * Only what differs from a base: `gone` marks what the base had. Listings stay short and do not depend on the
 * version of the shell in the base.
 */
export function relativeTo(
  base: ReadonlyMap<string, string>,
  lines: ReadonlyMap<string, string>,
): Map<string, string> {
  const changed = new Map([...lines].filter(([path, line]) => base.get(path) !== line));
  for (const path of base.keys()) if (!lines.has(path)) changed.set(path, 'gone');
  return new Map([...changed].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function hide(tree: Map<string, Item>, path: string): void {
  const base = name(path);
  if (!base.startsWith('.wh.')) return;
  const directory = parent(`/${path}`);
  if (base === '.wh..wh..opq') removeBelow(tree, directory);
  else if (!base.startsWith('.wh..wh.')) {
    const victim = join(directory, base.slice(4));
    removeBelow(tree, victim);
    tree.delete(victim);
  }
}

function put(tree: Map<string, Item>, member: Member): void {
  const path = `/${member.path}`;
  if (path !== '/') ensureDirectory(tree, parent(path));
  const { path: _path, ...item } = member;
  if (member.type !== 'dir' && path !== '/') removeBelow(tree, path);
  if (member.type !== 'link') {
    tree.set(path, item);
    return;
  }
  const twin = tree.get(`/${member.target.replace(/^(\.?\/)+/, '')}`);
  if (twin === undefined)
    throw new Error(`layer: hard link ${path} names ${member.target}, which is not there`);
  tree.set(path, twin);
}

function ensureDirectory(tree: Map<string, Item>, path: string): void {
  const item = tree.get(path);
  if (item?.type === 'dir') return;
  if (item !== undefined) throw new Error(`layer: an entry stands below ${path}, which is a ${item.type}`);
  ensureDirectory(tree, parent(path));
  tree.set(path, EMPTY_DIRECTORY);
}

function removeBelow(tree: Map<string, Item>, path: string): void {
  const prefix = path === '/' ? '/' : `${path}/`;
  for (const key of tree.keys()) if (key !== '/' && key.startsWith(prefix)) tree.delete(key);
}

const name = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
const join = (directory: string, base: string): string =>
  directory === '/' ? `/${base}` : `${directory}/${base}`;
const parent = (path: string): string => path.slice(0, path.lastIndexOf('/')) || '/';
