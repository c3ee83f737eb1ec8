/**
 * A layer in the making: changes laid over a tree, seen together with it. What COPY, WORKDIR and ADD have in common:
 * looking up what is there, making missing directories, replacing.
 */
import { DecantError } from '../errors.ts';
import type { DirectoryEntry, Entry, Layer, Node } from './entry.ts';
import { layerOfNames, standsBelow } from './layer.ts';
import { packedFiles } from './packed-files.ts';
import { ancestors, baseName, joinPath, parentOf } from './path.ts';
import type { Tree } from './tree.ts';
import { plainDirectory } from './tree.ts';

/** Attributes of directories that have to be made on the way. */
export interface NewDirectory {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface LayerBuilder extends Tree {
  /** Puts a node at its path, whose parent must be a directory. What was there, and below, is replaced. */
  set(node: Node): void;
  /** Makes a directory and those above it that are missing; existing ones stay as they are. */
  makeDirectories(path: string, attributes: NewDirectory): void;
  /**
   * The layer. Directories above its entries that come from the tree are listed with their own attributes, so that
   * the layer unpacked over the tree does not change them.
   */
  finish(): Layer;
}

/** What changes have put at a path: a row of the packed files, an entry, or nothing but what stands below it. */
type Change = number | Entry | typeof BELOW;
const BELOW = Symbol('below');

export function layerOver(base: Tree): LayerBuilder {
  const files = packedFiles();
  /** Changes by the directory that they stand in and their name there. The root stands in none. */
  const changes = new Map<string, Map<string, Change>>();
  let root: Entry | undefined;
  /** Directories of the base that something else was put in the place of: nothing of the base is seen below them. */
  const cut = new Set<string>();
  const isCutOff = (path: string): boolean => {
    if (cut.size === 0) return false;
    for (const directory of ancestors(path)) if (cut.has(directory)) return true;
    return false;
  };
  const fromBase = (path: string): Node | undefined => (isCutOff(path) ? undefined : base.get(path));
  const changeAt = (path: string): Entry | undefined => {
    if (path === '') return root;
    const change = changes.get(parentOf(path))?.get(baseName(path));
    if (typeof change === 'number') return files.get(change, path);
    return change === BELOW ? undefined : change;
  };
  const get = (path: string): Node | undefined => {
    const change = changeAt(path);
    if (change) return change.type === 'whiteout' ? undefined : change;
    return cut.has(path) ? undefined : fromBase(path);
  };

  const namesIn = (directory: string): Map<string, Change> => {
    let names = changes.get(directory);
    if (!names) {
      changes.set(directory, (names = new Map()));
      const above = directory === '' ? undefined : namesIn(parentOf(directory));
      if (above && !above.has(baseName(directory))) above.set(baseName(directory), BELOW);
    }
    return names;
  };
  const put = (path: string, entry: Entry): void => {
    if (path === '') root = entry;
    else
      namesIn(parentOf(path)).set(
        baseName(path),
        entry.type === 'file' ? (files.add(entry) ?? entry) : entry,
      );
  };

  const removeBelow = (path: string): void => {
    for (const name of changes.get(path)?.keys() ?? []) removeBelow(joinPath(path, name));
    changes.delete(path);
  };

  const set = (node: Node): void => {
    const { path } = node;
    if (node.type !== 'directory') {
      removeBelow(path);
      if (fromBase(path)?.type === 'directory') cut.add(path);
    }
    put(path, node);
  };

  const makeDirectories = (path: string, attributes: NewDirectory): void => {
    for (const directory of [...ancestors(path), path]) {
      const node = get(directory);
      if (node?.type === 'directory' || directory === '') continue;
      if (node) {
        throw new DecantError(
          'COPY_FAILED',
          `cannot make the directory "/${path}": "/${directory}" is not a directory`,
          {
            hint: 'a file or link of that name is in the way; choose another destination or remove it in an earlier step',
          },
        );
      }
      set({ type: 'directory', path: directory, ...attributes, mtime: 0, clock: true });
    }
  };

  return {
    get,
    list(directory) {
      const names = new Set(cut.has(directory) || isCutOff(directory) ? [] : base.list(directory));
      for (const name of changes.get(directory)?.keys() ?? []) names.add(name);
      return [...names].filter((name) => get(joinPath(directory, name)) !== undefined).sort();
    },
    set,
    makeDirectories,
    finish() {
      for (const [directory, names] of changes) {
        if (directory === '') continue;
        const entry = changeAt(directory) ?? directoryOf(base, directory);
        if (entry.type !== 'directory')
          throw standsBelow(joinPath(directory, [...names.keys()][0] ?? ''), entry);
        put(directory, entry);
      }
      for (const path of cut) {
        const entry = changeAt(path);
        if (entry?.type === 'directory') put(path, { ...entry, opaque: true });
      }
      return layerOfNames({
        root,
        names: (directory) => changes.get(directory)?.keys(),
        get: changeAt,
      });
    },
  };
}

function directoryOf(tree: Tree, path: string): DirectoryEntry {
  const node = tree.get(path);
  if (node?.type !== 'directory') return plainDirectory(path);
  const { opaque: _opaque, ...directory } = node;
  return directory;
}
