/**
 * A layer in the making: changes laid over a tree, seen together with it. What COPY, WORKDIR and ADD have in common:
 * looking up what is there, making missing directories, replacing.
 */
import { DecantError } from '../errors.ts';
import type { DirectoryEntry, Entry, Layer, Node } from './entry.ts';
import { makeLayer } from './layer.ts';
import { ancestors, isWithin, joinPath, parentOf } from './path.ts';
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
  const added = new Map<string, Set<string>>();
  /** A directory put in the place of something else: nothing of the base is seen below it. */
  const isReplaced = (path: string): boolean => {
    const here = changes.get(path);
    return here?.type === 'directory' && base.get(path)?.type !== 'directory';
  };
  const isCutOff = (path: string): boolean => {
    if (changes.size === 0) return false;
    for (const directory of ancestors(path)) {
      const above = changes.get(directory);
      if (above && (above.type !== 'directory' || isReplaced(directory))) return true;
    }
    return false;
  };
  const get = (path: string): Node | undefined => {
    const change = changes.get(path);
    if (change) return change.type === 'whiteout' ? undefined : change;
    return isCutOff(path) ? undefined : base.get(path);
  };

  const set = (node: Node): void => {
    const before = get(node.path);
    if (before?.type === 'directory' && node.type !== 'directory') {
      for (const path of changes.keys())
        if (path !== node.path && isWithin(path, node.path)) changes.delete(path);
    }
    changes.set(node.path, node);
    if (node.path === '') return;
    const parent = parentOf(node.path);
    const names = added.get(parent);
    const name = node.path.slice(parent === '' ? 0 : parent.length + 1);
    if (names) names.add(name);
    else added.set(parent, new Set([name]));
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
      const names = new Set(isReplaced(directory) || isCutOff(directory) ? [] : base.list(directory));
      for (const name of added.get(directory) ?? []) names.add(name);
      return [...names].filter((name) => get(joinPath(directory, name)) !== undefined).sort();
    },
    set,
    makeDirectories,
    finish() {
      for (const path of changes.keys()) {
        for (const directory of ancestors(path)) {
          if (!changes.has(directory)) changes.set(directory, directoryOf(base, directory));
        }
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
