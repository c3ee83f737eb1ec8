/** A checkout as a tree. git knows of modes only whether a file can be executed; all else is this machine's. */
import { joinPath } from '../../tree/path.ts';
import type { Tree } from '../../tree/tree.ts';
import { resolvePath } from '../../tree/tree.ts';
import { contextTree } from '../context.ts';
import type { Checkout } from './git-source.ts';

export interface GitTreeOptions {
  /** Relative; '' is all of it. */
  readonly directory: string;
  /** Whether `.git` is seen, where it is kept. */
  readonly keepGitDir: boolean;
  /** Files have the commit's time, instead of that of the checkout, which is replaced when a layer is packed. */
  readonly commitTimes: boolean;
}

/** @returns Undefined where the directory is not there, or is none. */
export function gitTree({ root, time }: Checkout, options: GitTreeOptions): Tree | undefined {
  const { directory, keepGitDir, commitTimes } = options;
  const whole = contextTree(root);
  // A link in the way would lead to where the repository wants, not to where the user said.
  if (directory !== '' && whole.get(resolvePath(whole, directory, 'parents'))?.type !== 'directory')
    return undefined;
  if (resolvePath(whole, directory) !== directory) return undefined;
  const isHidden = (path: string): boolean => !keepGitDir && /(^|\/)\.git$/.test(path);
  const times = commitTimes ? { mtime: time, clock: false } : {};
  return {
    get(path) {
      const node = isHidden(path) ? undefined : whole.get(joinPath(directory, path));
      if (!node) return undefined;
      const isOpen = node.type === 'directory' || (node.mode & 0o100) !== 0;
      const mode = node.type === 'symlink' ? node.mode : isOpen ? 0o755 : 0o644;
      return { ...node, path, mode, ...times };
    },
    list: (path) => whole.list(joinPath(directory, path)).filter((name) => keepGitDir || name !== '.git'),
  };
}
