/**
 * A layer in the making: changes laid over a tree, seen together with it. What COPY, WORKDIR and ADD have in common:
 * looking up what is there, making missing directories, replacing.
 */
import { DecantError } from '../errors.ts';
import type { DirectoryEntry, Entry, Layer, Node } from './entry.ts';
import { makeLayer } from './layer.ts';
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

export function layerOver(base: Tree): LayerBuilder {
  const changes = new Map<string, Entry>();
  /** Paths of the changes, and of what stands above them, by the directory that they stand in. */
  const added = new Map<string, Set<string>>();
  /** Directories of the base that something else was put in the place of: nothing of the base is seen below them. */
  const cut = new Set<string>();
  const isCutOff = (path: string): boolean => {
    if (cut.size === 0) return false;
    for (const directory of ancestors(path)) if (cut.has(directory)) return true;
    return false;
  };
  const fromBase = (path: string): Node | undefined => (isCutOff(path) ? undefined : base.get(path));
  const get = (path: string): Node | undefined => {
    const change = changes.get(path);
    if (change) return change.type === 'whiteout' ? undefined : change;
    return cut.has(path) ? undefined : fromBase(path);
  };

  const removeBelow = (path: string): void => {
    for (const below of added.get(path) ?? []) {
      changes.delete(below);
      removeBelow(below);
    }
    added.delete(path);
  };

  const set = (node: Node): void => {
    const { path } = node;
    if (node.type !== 'directory') {
      removeBelow(path);
      if (fromBase(path)?.type === 'directory') cut.add(path);
    }
    changes.set(path, node);
    for (let child = path; child !== ''; child = parentOf(child)) {
      const siblings = added.get(parentOf(child));
      if (siblings) {
        siblings.add(child);
        break;
      }
      added.set(parentOf(child), new Set([child]));
    }
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
      for (const path of added.get(directory) ?? []) names.add(baseName(path));
      return [...names].filter((name) => get(joinPath(directory, name)) !== undefined).sort();
    },
    set,
    makeDirectories,
    finish() {
      for (const [path, change] of changes) {
        for (let above = parentOf(path); above !== '' && !changes.has(above); above = parentOf(above))
          changes.set(above, directoryOf(base, above));
        if (change.type === 'directory' && cut.has(path)) changes.set(path, { ...change, opaque: true });
      }
      return makeLayer(changes.values());
    },
  };
}

function directoryOf(tree: Tree, path: string): DirectoryEntry {
  const node = tree.get(path);
  if (node?.type !== 'directory') return plainDirectory(path);
  const { opaque: _opaque, ...directory } = node;
  return directory;
}
