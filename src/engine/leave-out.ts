/** A tree without what an ignore file leaves out. */
import type { Node } from '../tree/entry.ts';
import { cleanPath, joinPath } from '../tree/path.ts';
import type { Tree } from '../tree/tree.ts';

/** What the ignore file says; see dockerfile/ignore. */
export interface Ignore {
  matches(path: string): boolean;
  mayContainIncluded(directory: string): boolean;
  /** Whether it takes paths back in. */
  readonly hasExceptions?: boolean;
}

/** A directory that is itself left out is there only for what is brought back below it (`!`). */
export function leaveOut(tree: Tree, ignore: Ignore): Tree {
  const kept = new Map<string, Node | undefined>();
  const lists = new Map<string, readonly string[]>();
  const isLeftOut = (path: string): boolean => path !== '' && ignore.matches(path);
  const keep = (path: string): Node | undefined => {
    if (!isLeftOut(path)) return tree.get(path);
    // Asked first, so that the thousands of files of an ignored directory are never looked at.
    if (!ignore.mayContainIncluded(path)) return undefined;
    const node = tree.get(path);
    return node?.type === 'directory' && list(path).length > 0 ? node : undefined;
  };
  const get = (path: string): Node | undefined => {
    if (!kept.has(path)) kept.set(path, keep(path));
    return kept.get(path);
  };
  const list = (directory: string): readonly string[] => {
    let names = lists.get(directory);
    if (!names) {
      names = tree.list(directory).filter((name) => get(joinPath(directory, name)) !== undefined);
      lists.set(directory, names);
    }
    return names;
  };
  return { get, list };
}

/** Whether a path is there and the ignore file leaves it out. */
export function isLeftOut(tree: Tree, ignore: Ignore | undefined, path: string): boolean {
  const clean = cleanPath(path);
  return ignore !== undefined && ignore.matches(clean) && tree.get(clean) !== undefined;
}
