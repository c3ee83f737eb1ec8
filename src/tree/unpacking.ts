/**
 * What a directory would hold if the members of an archive were unpacked into it one after another: the last of
 * several for one path counts, what is not a directory takes the place of a directory with all that it had, and
 * nothing is put below what is not a directory. Whiteouts are for the layers below (OCI image-spec, layer.md): a
 * member of the same archive is never hidden by one, whichever comes first.
 */
import type { Entry, Node } from './entry.ts';
import { standsBelow } from './layer.ts';
import { joinPath, parentOf } from './path.ts';
import { plainDirectory } from './tree.ts';

export interface Unpacking {
  get(path: string): Node | undefined;
  /** @throws DecantError ARCHIVE_UNSAFE where the path leads through something that is not a directory. */
  set(node: Node): void;
  /** A whiteout: what lower layers have at the path is gone. */
  hide(path: string): void;
  /** Nothing that lower layers have below the directory is seen. */
  makeOpaque(directory: string): void;
  finish(): Iterable<Entry>;
}

/** @param what The archive's name for messages. */
export function unpacking(what: string): Unpacking {
  const nodes = new Map<string, Node>();
  const hidden = new Set<string>();
  const opaque = new Set<string>();
  /** Paths in use by the directory that they stand in, listed or implied. */
  const below = new Map<string, Set<string>>();

  const enter = (path: string): void => {
    for (let child = path; child !== '';) {
      const directory = parentOf(child);
      const others = below.get(directory);
      if (others) {
        others.add(child);
        return;
      }
      const above = nodes.get(directory);
      if (above && above.type !== 'directory') throw standsBelow(path, above, what);
      below.set(directory, new Set([child]));
      child = directory;
    }
  };

  const removeBelow = (path: string): void => {
    for (const child of below.get(path) ?? []) {
      nodes.delete(child);
      hidden.delete(child);
      removeBelow(child);
    }
    below.delete(path);
    opaque.delete(path);
  };

  return {
    get: (path) => nodes.get(path),
    set(node) {
      enter(node.path);
      if (node.type !== 'directory') removeBelow(node.path);
      nodes.set(node.path, node);
    },
    hide(path) {
      enter(path);
      hidden.add(path);
    },
    makeOpaque(directory) {
      enter(joinPath(directory, '.'));
      opaque.add(directory);
    },
    *finish() {
      for (const path of hidden) {
        const covered = nodes.get(path)?.type === 'directory' || (!nodes.has(path) && below.has(path));
        if (covered) opaque.add(path);
        else if (!nodes.has(path)) yield { type: 'whiteout', path, mode: 0, uid: 0, gid: 0, mtime: 0 };
      }
      for (const path of opaque) yield { ...directoryAt(nodes, path), opaque: true };
      for (const node of nodes.values()) if (!opaque.has(node.path)) yield node;
    },
  };
}

function directoryAt(nodes: ReadonlyMap<string, Node>, path: string) {
  const node = nodes.get(path);
  return node?.type === 'directory' ? node : plainDirectory(path);
}
