/** COPY and ADD sources with wildcards: Go's `filepath.Match` on each component, matched against a tree. */
import { DecantError } from '../errors.ts';
import { joinPath } from './path.ts';
import type { Tree } from './tree.ts';
import { resolvePath } from './tree.ts';

/** Whether a source has a wildcard that is not escaped. */
export function hasWildcard(pattern: string): boolean {
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index];
    if (character === '\\') index++;
    else if (character === '*' || character === '?' || character === '[') return true;
  }
  return false;
}

/**
 * The paths that a pattern names, in tree order; there may be none. Links are followed in the part before the first
 * wildcard, which must be there, and nowhere after it; a match is not looked into, as BuildKit does.
 *
 * @param pattern In the form that `cleanPath` gives.
 * @param matches Go's `filepath.Match` for one component: pattern, name.
 * @throws DecantError COPY_SOURCE_MISSING
 */
export function glob(
  tree: Tree,
  pattern: string,
  matches: (pattern: string, name: string) => boolean,
): string[] {
  const components = pattern.split('/');
  const wild = components.findIndex(hasWildcard);
  const first = wild < 0 ? components.length - 1 : wild;
  const fixed = components.slice(0, first).map(unescape).join('/');
  const start = resolvePath(tree, fixed);
  if (!tree.get(start)) throw new DecantError('COPY_SOURCE_MISSING', `"/${fixed}": not found`);
  const found: string[] = [];
  const descend = (directory: string, depth: number): void => {
    const component = components[depth];
    if (component === undefined) return;
    for (const name of tree.list(directory)) {
      if (!matches(component, name)) continue;
      const path = joinPath(directory, name);
      if (depth === components.length - 1) found.push(path);
      else if (tree.get(path)?.type === 'directory') descend(path, depth + 1);
    }
  };
  descend(start, first);
  return found;
}

/** A pattern without wildcards as the name it stands for: `a\*b` is `a*b`. */
export function unescape(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1');
}
