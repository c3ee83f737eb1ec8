/**
 * Layers as values: making one from entries in any order, and looking things up in one.
 *
 * A layer's order and its "nothing stands below what is not a directory" rule are checked here, once, so that every
 * other module can rely on them: a hostile archive is stopped when its layer is made.
 */
import { DecantError } from '../errors.ts';
import type { Entry, Layer } from './entry.ts';
import { joinPath, parentOf } from './path.ts';

export const EMPTY_LAYER: Layer = { entries: [] };

/**
 * Sorts and checks entries. Of several entries for one path the last counts, as in a tar stream.
 *
 * @throws DecantError ARCHIVE_UNSAFE
 */
export function makeLayer(entries: Iterable<Entry>): Layer {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  const root = byPath.get('');
  if (root && root.type !== 'directory') {
    throw new DecantError('ARCHIVE_UNSAFE', `the root is a ${describe(root)}, not a directory`);
  }
  const directories = new Set(['']);
  for (const path of byPath.keys()) {
    for (let above = parentOf(path); !directories.has(above); above = parentOf(above)) {
      const entry = byPath.get(above);
      if (entry && entry.type !== 'directory') throw standsBelow(path, entry);
      directories.add(above);
    }
  }
  return { entries: [...byPath.values()].sort(byPathOrder) };
}

export function byPathOrder(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** @param what Where both stand, for the message. */
export function standsBelow(path: string, above: Entry, what?: string): DecantError {
  return new DecantError(
    'ARCHIVE_UNSAFE',
    `${what === undefined ? '' : `${what}: `}"${path}" stands below "${above.path}", which is a ${describe(above)}`,
    {
      hint: 'a path that leads through a link could end up anywhere; make the archive again with real directories',
    },
  );
}

/** A layer's entries one by one, for who needs no list of them: where they are kept packed, none is made. */
export function entriesOf(layer: Layer): Iterable<Entry> {
  return layer.each?.() ?? layer.entries;
}

export function isEmptyLayer(layer: Layer): boolean {
  for (const _entry of entriesOf(layer)) return false;
  return true;
}

function describe(entry: Entry): string {
  if (entry.type === 'symlink') return `symbolic link to "${entry.target}"`;
  return entry.type === 'char' || entry.type === 'block' ? 'device' : entry.type;
}

/** Look-ups by path and by directory, made once a layer when they are first needed. */
export interface LayerIndex {
  get(path: string): Entry | undefined;
  /** Names that the layer has directly below a directory, whiteouts and implied directories included; unsorted. */
  children(directory: string): Iterable<string>;
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

/** Entries that are somewhere else, in a layer's order. */
export interface EntryRows {
  readonly length: number;
  readonly pathAt: (position: number) => string;
  readonly entryAt: (position: number) => Entry;
}

/** Look-ups in rows are cheaper than all of their entries until there are this many for each row. */
const LOOKUPS_PER_ROW = 1 / 8;

/** A layer that reads its rows when they are asked for: all of its entries, or the few that look-ups need. */
export function layerOfRows(rows: EntryRows): Layer {
  const layer = lazyLayer(function* () {
    for (let position = 0; position < rows.length; position += 1) yield rows.entryAt(position);
  });
  const few: LayerIndex = {
    get: (path) => {
      const position = firstFrom(rows, path);
      return pathAt(rows, position) === path ? rows.entryAt(position) : undefined;
    },
    children: (directory) => childNames(rows, directory),
    implies: (directory) => impliesIn(rows, directory),
  };
  let lookups = 0;
  let many: LayerIndex | undefined;
  const index = (): LayerIndex => {
    lookups += 1;
    if (!many && (layer.isListed() || lookups > rows.length * LOOKUPS_PER_ROW)) many = makeIndex(layer);
    return many ?? few;
  };
  indexes.set(layer, {
    get: (path) => index().get(path),
    children: (directory) => index().children(directory),
    implies: (directory) => index().implies(directory),
  });
  return layer;
}

/** Entries by the directory that they stand in, and their name there. */
export interface NamedEntries {
  readonly root: Entry | undefined;
  /** Names in a directory in any order; undefined where there are none. */
  readonly names: (directory: string) => Iterable<string> | undefined;
  /** There is an entry for each name, and that of a directory with names in it is a directory. */
  readonly get: (path: string) => Entry | undefined;
}

/** A layer that asks for its entries when it is asked for them. */
export function layerOfNames({ root, names, get }: NamedEntries): Layer {
  /** In path order, where what is in a directory stands before a sibling only if that is after `name/`: `a-b` is not. */
  function* below(directory: string): Generator<Entry> {
    const open: string[] = [];
    for (const name of [...(names(directory) ?? [])].sort()) {
      while (open.length > 0 && `${open.at(-1)}/` < name) yield* below(joinPath(directory, open.pop() ?? ''));
      const path = joinPath(directory, name);
      yield get(path) as Entry;
      if (names(path)) open.push(name);
    }
    while (open.length > 0) yield* below(joinPath(directory, open.pop() ?? ''));
  }
  const layer = lazyLayer(function* () {
    if (root) yield root;
    yield* below('');
  });
  indexes.set(layer, {
    get,
    children: (directory) => names(directory) ?? [],
    implies: (directory) => names(directory) !== undefined,
  });
  return layer;
}

/** A layer whose list of entries, in a layer's order, is made when somebody wants it as a list. */
export function lazyLayer(each: () => Iterable<Entry>): Layer & { readonly isListed: () => boolean } {
  let entries: readonly Entry[] | undefined;
  return {
    get entries() {
      return (entries ??= [...each()]);
    },
    each: () => entries ?? each(),
    isListed: () => entries !== undefined,
  };
}

function makeIndex({ entries }: Layer): LayerIndex {
  const byPath = new Map<string, Entry>();
  for (const entry of entries) byPath.set(entry.path, entry);
  const rows: Paths = { length: entries.length, pathAt: (position) => (entries[position] as Entry).path };
  return {
    get: (path) => byPath.get(path),
    children: (directory) => childNames(rows, directory),
    implies: (directory) => impliesIn(rows, directory),
  };
}

type Paths = Pick<EntryRows, 'length' | 'pathAt'>;

function pathAt(rows: Paths, position: number): string | undefined {
  return position < rows.length ? rows.pathAt(position) : undefined;
}

function impliesIn(rows: Paths, directory: string): boolean {
  if (directory === '') return rows.length > 0;
  return pathAt(rows, firstFrom(rows, `${directory}/`))?.startsWith(`${directory}/`) === true;
}

/** What is below a directory stands together in path order, so its names are found without an index of their own. */
function childNames(rows: Paths, directory: string): Set<string> {
  const prefix = directory === '' ? '' : `${directory}/`;
  const names = new Set<string>();
  for (let at = firstFrom(rows, prefix); ;) {
    const path = pathAt(rows, at);
    if (!path?.startsWith(prefix)) return names;
    const slash = path.indexOf('/', prefix.length);
    if (slash < 0) {
      // The root stands below nothing, not even itself.
      if (path !== '') names.add(path.slice(prefix.length));
      at += 1;
    } else {
      names.add(path.slice(prefix.length, slash));
      // "0" follows "/": the first path that is not below this child.
      at = firstFrom(rows, `${path.slice(0, slash)}0`, at + 1);
    }
  }
}

/** The position of the first entry whose path is not before `path`. */
function firstFrom(rows: Paths, path: string, from = 0): number {
  let low = from;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (rows.pathAt(middle) < path) low = middle + 1;
    else high = middle;
  }
  return low;
}
