/**
 * The figures that dive prints (github.com/wagoodman/dive, "efficiency" and "wasted space"), worked out by dive's own
 * rules, so that people who know them find them here. They are not ours: a file that is there twice in layers counts with
 * all its copies, the one in use among them, and what was removed counts in no figure unless it was a directory.
 */
import type { Entry, Layer } from '../../tree/entry.ts';
import { indexOf } from '../../tree/layer.ts';
import { stack, type Tree, walk } from '../../tree/tree.ts';

export interface DiveFigures {
  /** 0 to 1: the smallest size that each path ever had, through all sizes that it had. */
  readonly efficiency: number;
  /** Bytes of all paths that more than one layer has. */
  readonly wastedBytes: number;
}

interface PathFigures {
  least: number;
  sum: number;
  seen: number;
}

export function diveFigures(layers: readonly Layer[]): DiveFigures {
  const paths = new Map<string, PathFigures>();
  const links = new Set<string>();
  for (const [index, layer] of layers.entries()) {
    const below = stack(layers.slice(0, index));
    for (const entry of leavesOf(layer)) {
      const size = entry.type === 'whiteout' ? removedBytes(below, entry.path) : sizeIn(entry, links);
      const known = paths.get(entry.path);
      if (known) {
        known.least = Math.min(known.least, size);
        known.sum += size;
        known.seen += 1;
      } else paths.set(entry.path, { least: size, sum: size, seen: 1 });
    }
  }
  let [least, sum, wastedBytes] = [0, 0, 0];
  for (const path of paths.values()) {
    least += path.least;
    sum += path.sum;
    if (path.seen > 1) wastedBytes += path.sum;
  }
  return { efficiency: sum === 0 ? 1 : least / sum, wastedBytes };
}

/** What has nothing below it in its layer. dive knows no opaque directories: their mark is not looked at. */
function* leavesOf(layer: Layer): Generator<Entry> {
  const index = indexOf(layer);
  for (const entry of layer.entries) {
    if (entry.path === '' || (entry.type === 'directory' && index.implies(entry.path))) continue;
    yield entry;
  }
}

/** As tar headers have it: of hard links, the first has the bytes. */
function sizeIn(entry: Entry, links: Set<string>): number {
  if (entry.type !== 'file') return 0;
  if (entry.link === undefined) return entry.size;
  if (links.has(entry.link)) return 0;
  links.add(entry.link);
  return entry.size;
}

/** Of a directory that a whiteout removes, all that was below it; of a file, nothing. */
function removedBytes(tree: Tree, path: string): number {
  if (tree.get(path)?.type !== 'directory') return 0;
  const links = new Set<string>();
  let size = 0;
  for (const node of walk(tree, path)) size += sizeIn(node, links);
  return size;
}
