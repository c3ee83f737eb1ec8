/**
 * Which bytes of an image's layers can still be seen. Every byte of every layer's files is one of three, exactly:
 * visible in the whole tree, shadowed (something else stands at its path now), or deleted (nothing does); each that is
 * not visible was hidden by one layer. Hard links of a layer are one file: it is visible while one of its names is.
 *
 * What is in an image more than once under different names is another question, and counted apart.
 */
import type { FileEntry, Layer } from '../../tree/entry.ts';
import { indexOf, type LayerIndex } from '../../tree/layer.ts';
import { parentOf } from '../../tree/path.ts';
import { stack, type Tree } from '../../tree/tree.ts';

export type Hidden = 'shadowed' | 'deleted';

export interface Bytes {
  readonly total: number;
  readonly visible: number;
  readonly shadowed: number;
  readonly deleted: number;
}

/** A file that is shipped and cannot be seen. Layers are counted from 0, the lowest. */
export interface HiddenFile {
  readonly file: FileEntry;
  /** The layer that has it. */
  readonly layer: number;
  /** The layer that hid it. */
  readonly by: number;
  readonly how: Hidden;
}

export interface Waste extends Bytes {
  /** Of each layer's own files. */
  readonly layers: readonly Bytes[];
  /** The largest first. */
  readonly hidden: readonly HiddenFile[];
}

export function wasteOf(layers: readonly Layer[], tree: Tree = stack(layers)): Waste {
  const hiders = layers.map((layer) => hiderOf(indexOf(layer)));
  const hidden: HiddenFile[] = [];
  const counted = layers.map(({ entries }, layer): Bytes => {
    const sums = { total: 0, visible: 0, shadowed: 0, deleted: 0 };
    for (const names of filesOf(entries)) {
      const [file] = names;
      sums.total += file.size;
      if (names.some((name) => tree.get(name.path) === name)) {
        sums.visible += file.size;
        continue;
      }
      const { by, how, name } = lastHidden(names, hiders, layer);
      sums[how] += file.size;
      hidden.push({ file: name, layer, by, how });
    }
    return sums;
  });
  const sum = (of: keyof Bytes): number => counted.reduce((total, layer) => total + layer[of], 0);
  return {
    total: sum('total'),
    visible: sum('visible'),
    shadowed: sum('shadowed'),
    deleted: sum('deleted'),
    layers: counted,
    hidden: hidden.sort((a, b) => b.file.size - a.file.size || a.layer - b.layer || order(a.file, b.file)),
  };
}

function order(a: FileEntry, b: FileEntry): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

type Names = readonly [FileEntry, ...FileEntry[]];

/** The files of a layer, each with all its names. */
export function filesOf(entries: Layer['entries']): Iterable<Names> {
  const found: (readonly [FileEntry, ...FileEntry[]])[] = [];
  const links = new Map<string, [FileEntry, ...FileEntry[]]>();
  for (const entry of entries) {
    if (entry.type !== 'file') continue;
    const others = entry.link === undefined ? undefined : links.get(entry.link);
    if (others) {
      others.push(entry);
      continue;
    }
    const names: [FileEntry, ...FileEntry[]] = [entry];
    if (entry.link !== undefined) links.set(entry.link, names);
    found.push(names);
  }
  return found;
}

/** A file is gone when the last of its names is. */
function lastHidden(names: Names, hiders: readonly Hider[], layer: number) {
  let last: { by: number; how: Hidden; name: FileEntry } | undefined;
  for (const name of names) {
    const { by, how } = firstHider(name.path, hiders, layer);
    if (!last || by > last.by) last = { by, how, name };
  }
  return last as { by: number; how: Hidden; name: FileEntry };
}

function firstHider(
  path: string,
  hiders: readonly Hider[],
  layer: number,
): { readonly by: number; readonly how: Hidden } {
  for (let by = layer + 1; by < hiders.length; by += 1) {
    const how = hiders[by]?.(path);
    if (how) return { by, how };
  }
  throw new TypeError(`nothing hides "${path}" of layer ${layer}`);
}

/** What a layer does to a file of a lower layer at a path; undefined for nothing. */
type Hider = (path: string) => Hidden | undefined;

function hiderOf(index: LayerIndex): Hider {
  const cut = new Map<string, boolean>();
  /** Whether nothing that lower layers have below this directory is seen any more. */
  const cutsOff = (directory: string): boolean => {
    let known = cut.get(directory);
    if (known === undefined) {
      const entry = index.get(directory);
      known =
        entry?.type === 'directory'
          ? (entry.opaque ?? false)
          : // A directory that is only implied is no obstacle; a file or a whiteout in its place is.
            entry !== undefined;
      known ||= directory !== '' && cutsOff(parentOf(directory));
      cut.set(directory, known);
    }
    return known;
  };
  return (path) => {
    const entry = index.get(path);
    if (entry) return entry.type === 'whiteout' ? 'deleted' : 'shadowed';
    if (index.implies(path)) return 'shadowed';
    return cutsOff(parentOf(path)) ? 'deleted' : undefined;
  };
}
