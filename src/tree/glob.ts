/** COPY and ADD sources with wildcards: Go's `filepath.Match` on each component, matched against a tree. */
import type { Tree } from './tree.ts';
import { resolvePath } from './tree.ts';
import { joinPath } from './path.ts';

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
 * The paths that a pattern names, in tree order. Links are followed in the part before the first wildcard and nowhere
 * after it, and a match is not looked into, as BuildKit does.
 *
 * @param matches Go's `filepath.Match` for one component: pattern, name.
 */
export function glob(
  tree: Tree,
  pattern: string,
  matches: (pattern: string, name: string) => boolean,
): string[] {
  const components = pattern.split('/').filter((component) => component !== '' && component !== '.');
  const first = components.findIndex(hasWildcard);
  const fixed = components.slice(0, first).map(unescape).join('/');
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
  descend(resolvePath(tree, fixed), first);
  return found;
}

/** A pattern without wildcards as the name it stands for: `a\*b` is `a*b`. */
export function unescape(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1');
}
