/**
 * What a recipe leaves out of its packages, as patterns of absolute paths that mean what they mean in ignore files: what
 * stands below a match is left out with it, `!` brings things back, and of several that match the last counts. Copyright
 * notices and licences always stay.
 */
import { createMatcher } from '../../dockerfile/ignore.ts';
import { DecantError } from '../../errors.ts';

export type Selection = (path: string) => boolean;

/**
 * Whether a path (in tree form) is left out.
 *
 * @throws DecantError USAGE for a pattern that is none
 */
export function leavesOut(patterns: readonly string[]): Selection {
  if (patterns.length === 0) return () => false;
  const matcher = createMatcher(patterns.map(relative));
  return (path) => matcher.matches(path);
}

/** What packages have to be distributed with (Debian Policy 12.5). */
export function isLegal(path: string): boolean {
  return LEGAL.test(path);
}

const LEGAL = /^usr\/share\/(?:doc\/[^/]+\/copyright|common-licenses(?:\/.*)?)$/s;

/** A pattern below the root, as ignore files have them. */
function relative(pattern: string): string {
  const [mark, path] = pattern.startsWith('!') ? ['!', pattern.slice(1)] : ['', pattern];
  if (/^\/./.test(path) && !path.split('/').includes('..')) return mark + path.slice(1);
  throw new DecantError('USAGE', `the pattern ${JSON.stringify(pattern)} is no absolute path`, {
    hint: 'write it as in "/usr/share/doc/**"',
  });
}
