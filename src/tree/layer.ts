/**
 * Layers as values: making one from entries in any order, and looking things up in one.
 *
 * A layer's order and its "nothing stands below what is not a directory" rule are checked here, once, so that every
 * other module can rely on them: a hostile archive is stopped when its layer is made.
 */
import { DecantError } from '../errors.ts';
import type { Entry, Layer } from './entry.ts';
import { ancestors, parentOf } from './path.ts';

export const EMPTY_LAYER: Layer = { entries: [] };

/** Sorts and checks entries. Of several entries for one path the last counts, as in a tar stream. */
export function makeLayer(entries: Iterable<Entry>): Layer {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  for (const path of byPath.keys()) {
    for (const directory of ancestors(path)) {
      const above = byPath.get(directory);
      if (above && above.type !== 'directory') {
        throw new DecantError(
          'ARCHIVE_UNSAFE',
          `"${path}" stands below "${directory}", which is a ${describe(above)}`,
          {
            hint: 'a path that leads through a link could end up anywhere; make the archive again with real directories',
          },
        );
      }
    }
  }
  return { entries: [...byPath.values()].sort(byPathOrder) };
}

export function byPathOrder(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function describe(entry: Entry): string {
  if (entry.type === 'symlink') return `symbolic link to "${entry.target}"`;
  return entry.type === 'char' || entry.type === 'block' ? 'device' : entry.type;
}

/** Look-ups by path and by directory, made once a layer when they are first needed. */
export interface LayerIndex {
  get(path: string): Entry | undefined;
  /** Names that the layer has directly below a directory, implied directories included, unsorted. */
  children(directory: string): ReadonlySet<string>;
  /** The layer has something below this path, though perhaps no entry for the path itself. */
  implies(directory: string): boolean;
}

const indexes = new WeakMap<Layer, LayerIndex>();

export function indexOf(layer: Layer): LayerIndex {
  let index = indexes.get(layer);
  if (!index) {
    index = makeIndex(layer);
    indexes.set(layer, index);
  }
  return index;
}

const NO_NAMES: ReadonlySet<string> = new Set();

function makeIndex(layer: Layer): LayerIndex {
  const byPath = new Map<string, Entry>();
  for (const entry of layer.entries) byPath.set(entry.path, entry);
  let names: Map<string, Set<string>> | undefined;
  const childrenOf = (): Map<string, Set<string>> => (names ??= collectNames(layer));
  return {
    get: (path) => byPath.get(path),
    children: (directory) => childrenOf().get(directory) ?? NO_NAMES,
    implies: (directory) => childrenOf().has(directory),
  };
}

function collectNames(layer: Layer): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const entry of layer.entries) {
    for (let path = entry.path; path !== '';) {
      const parent = parentOf(path);
      const known = names.get(parent);
      const name = parent === '' ? path : path.slice(parent.length + 1);
      if (known) {
        known.add(name);
        break;
      }
      names.set(parent, new Set([name]));
      path = parent;
    }
  }
  return names;
}
