/** Directories as tree(1) draws them, each with the bytes of all that is below it. */
import type { Node } from '../../tree/entry.ts';
import { baseName, joinPath } from '../../tree/path.ts';
import type { Tree } from '../../tree/tree.ts';
import { formatBytes } from '../text/bytes.ts';
import { createPaint } from '../text/color.ts';
import { formatCount } from '../text/count.ts';
import { shownName } from '../text/name.ts';
import type { TextOptions } from '../text/table.ts';
import { pad } from '../text/width.ts';

export interface DrawingOptions {
  /** Levels below the top; Infinity for all. */
  readonly depth: number;
  readonly directoriesOnly: boolean;
}

/** A node with what is below it, as far as it is shown. */
export interface Drawn {
  readonly node: Node;
  /** Bytes of files at and below it, hard links once. */
  readonly size: number;
  /** Files and directories below it, shown or not. */
  readonly files: number;
  readonly directories: number;
  readonly children: readonly Drawn[];
}

export function drawn(tree: Tree, node: Node, options: DrawingOptions): Drawn {
  return draw(tree, node, options, 0, new Set());
}

function draw(tree: Tree, node: Node, options: DrawingOptions, level: number, links: Set<string>): Drawn {
  if (node.type !== 'directory')
    return { node, size: ownSize(node, links), files: 0, directories: 0, children: [] };
  const children: Drawn[] = [];
  let [size, files, directories] = [0, 0, 0];
  for (const name of tree.list(node.path)) {
    const child = tree.get(joinPath(node.path, name));
    if (!child) continue;
    const isDirectory = child.type === 'directory';
    const below = draw(tree, child, options, level + 1, links);
    size += below.size;
    files += below.files + (isDirectory ? 0 : 1);
    directories += below.directories + (isDirectory ? 1 : 0);
    if (level < options.depth && (isDirectory || !options.directoriesOnly))
      children.push(level + 1 < options.depth ? below : { ...below, children: [] });
  }
  return { node, size, files, directories, children };
}

function ownSize(node: Node, links: Set<string>): number {
  if (node.type !== 'file') return 0;
  if (node.link === undefined) return node.size;
  if (links.has(node.link)) return 0;
  links.add(node.link);
  return node.size;
}

export function formatTree(top: Drawn, { color }: TextOptions): string {
  const paint = createPaint(color);
  const lines: string[] = [];
  const add = (item: Drawn, lead: string, branch: string, name: string): void => {
    const { node } = item;
    const shown = shownName(node.type === 'symlink' ? `${name} -> ${node.target}` : name);
    const isSized = node.type === 'file' || node.type === 'directory';
    const size = pad(isSized ? formatBytes(item.size) : '', 8, 'right');
    lines.push(`${size}  ${lead}${branch}${paint(node.type === 'directory' ? 'cyan' : undefined, shown)}`);
  };
  const addBelow = ({ children }: Drawn, lead: string): void => {
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1;
      add(child, lead, isLast ? '└── ' : '├── ', baseName(child.node.path));
      addBelow(child, `${lead}${isLast ? '    ' : '│   '}`);
    }
  };
  add(top, '', '', `/${top.node.path}`);
  addBelow(top, '');
  const directories = formatCount(top.directories, 'directory', 'directories');
  return [...lines, '', `${directories}, ${formatCount(top.files, 'file')}`].join('\n');
}

export interface TreeJson {
  readonly name: string;
  readonly type: Node['type'];
  readonly size: number;
  readonly target?: string;
  readonly children?: readonly TreeJson[];
}

export function treeJson({ node, size, children }: Drawn): TreeJson {
  return {
    name: node.path === '' ? '/' : baseName(node.path),
    type: node.type,
    size,
    ...(node.type === 'symlink' ? { target: node.target } : {}),
    ...(node.type === 'directory' ? { children: children.map(treeJson) } : {}),
  };
}
