/**
 * A part of a directory: what `COPY --parents` names below a directory, less what `--exclude` leaves out. BuildKit's
 * rules (fsutil's copy): the directories that lead to something taken come along, those that lead to nothing do not.
 */
import type { Node } from './entry.ts';
import { joinPath } from './path.ts';
import type { Tree } from './tree.ts';

/** Paths are relative to the directory, separated by slashes. */
export interface Selection {
  readonly takes: (path: string) => boolean;
  /** Whether something below a directory may be taken. */
  readonly leadsOn: (directory: string) => boolean;
}

export interface Taken {
  readonly node: Node;
  /** Relative to the directory. */
  readonly path: string;
  /** A directory that is not taken itself but leads to something that is. */
  readonly isWay: boolean;
}

/** What is taken of a directory's contents, a directory before what is in it; everything without a selection. */
export function* contentsOf(
  tree: Tree,
  directory: string,
  selection?: Selection,
  below = '',
): Generator<Taken> {
  for (const name of tree.list(directory)) {
    const node = tree.get(joinPath(directory, name));
    // A context's directory may have lost it since it was listed.
    if (!node) continue;
    const path = joinPath(below, name);
    const isTaken = selection === undefined || selection.takes(path);
    if (isTaken) yield { node, path, isWay: false };
    if (node.type !== 'directory' || selection?.leadsOn(path) === false) continue;
    const inside = contentsOf(tree, node.path, selection, path);
    if (!isTaken) {
      const first = inside.next();
      if (first.done) continue;
      yield { node, path, isWay: true };
      yield first.value;
    }
    yield* inside;
  }
}
