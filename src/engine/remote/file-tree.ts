/** One file as a tree of its own. */
import type { FileEntry } from '../../tree/entry.ts';
import type { Tree } from '../../tree/tree.ts';
import { plainDirectory } from '../../tree/tree.ts';

/** @param file Its path has one component. */
export function fileTree(file: FileEntry): Tree {
  return {
    get: (path) => (path === file.path ? file : path === '' ? plainDirectory('') : undefined),
    list: (directory) => (directory === '' ? [file.path] : []),
  };
}
