/** A tree without what an ignore file leaves out. */
import { baseName, cleanPath, joinPath, parentOf } from '../tree/path.ts';
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
  /** The names that are left out of the directories that were listed. */
  const left = new Map<string, ReadonlySet<string>>();
  const isGone = (path: string): boolean => {
    if (path === '' || !ignore.matches(path)) return false;
    // Asked first, so that the thousands of files of an ignored directory are never looked at.
    if (!ignore.mayContainIncluded(path)) return true;
    return tree.get(path)?.type !== 'directory' || list(path).length === 0;
  };
  const list = (directory: string): readonly string[] => {
    const names = tree.list(directory);
    let gone = left.get(directory);
    if (!gone) {
      const found = names.filter((name) => isGone(joinPath(directory, name)));
      left.set(directory, (gone = found.length === 0 ? NONE : new Set(found)));
    }
    return gone.size === 0 ? names : names.filter((name) => !gone.has(name));
  };
  return {
    list,
    get(path) {
      const known = left.get(parentOf(path));
      return (known ? known.has(baseName(path)) : isGone(path)) ? undefined : tree.get(path);
    },
  };
}

const NONE: ReadonlySet<string> = new Set();

/** Whether a path is there and the ignore file leaves it out. */
export function isLeftOut(tree: Tree, ignore: Ignore | undefined, path: string): boolean {
  const clean = cleanPath(path);
  return ignore !== undefined && ignore.matches(clean) && tree.get(clean) !== undefined;
}
