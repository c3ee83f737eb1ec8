/** What a COPY takes of directories: `--parents` and `--exclude` as a selection. Patterns are those of ignore files. */
import { createMatcher } from '../../dockerfile/ignore.ts';
import { hasWildcard, unescape } from '../../tree/glob.ts';
import type { CopySource } from '../../tree/copy.ts';
import type { Selection } from '../../tree/select.ts';

/** @param below The path or pattern of `--parents`; '' is everything. */
export function selectionOf(
  below: string | undefined,
  exclude: readonly string[],
): Pick<CopySource, 'selection' | 'parents'> {
  const kept = below === undefined || below === '' ? undefined : only(below);
  const matcher = exclude.length === 0 ? undefined : createMatcher(exclude);
  const left: Selection | undefined = matcher && {
    takes: (path) => !matcher.matches(path),
    leadsOn: (directory) => matcher.mayContainIncluded(directory),
  };
  const selection = kept && left ? both(kept, left) : (kept ?? left);
  if (below === undefined) return { selection };
  return { selection, parents: { path: hasWildcard(below) || below === '' ? undefined : unescape(below) } };
}

/** Everything left out but the pattern: an ignore file says it the other way round. */
function only(pattern: string): Selection {
  const matcher = createMatcher(['**', `!${pattern}`]);
  return {
    takes: (path) => !matcher.matches(path),
    leadsOn: (directory) => matcher.mayContainIncluded(directory),
  };
}

function both(one: Selection, other: Selection): Selection {
  return {
    takes: (path) => one.takes(path) && other.takes(path),
    leadsOn: (directory) => one.leadsOn(directory) && other.leadsOn(directory),
  };
}
