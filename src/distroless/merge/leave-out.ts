/**
 * What a recipe leaves out of its packages, as patterns of absolute paths: `*` and `?` stay within a name, `**` goes
 * through folders, `[a-z]` is one character. What stands below a match is left out with it; a pattern that begins with
 * `!` brings things back, and of several that match the last counts. Copyright notices and licences always stay.
 */
import { DecantError } from '../../errors.ts';

export type Selection = (path: string) => boolean;

/**
 * Whether a path (in tree form) is left out.
 *
 * @throws DecantError USAGE for a pattern that is none
 */
export function leavesOut(patterns: readonly string[]): Selection {
  const rules = patterns.map((pattern) => {
    const back = pattern.startsWith('!');
    return { out: !back, form: compile(back ? pattern.slice(1) : pattern) };
  });
  return (path) => rules.findLast(({ form }) => form.test(path))?.out ?? false;
}

/** What packages have to be distributed with (Debian Policy 12.5). */
export function isLegal(path: string): boolean {
  return LEGAL.test(path);
}

const LEGAL = /^usr\/share\/(?:doc\/[^/]+\/copyright|common-licenses(?:\/.*)?)$/s;

function compile(pattern: string): RegExp {
  if (!/^\/./.test(pattern) || pattern.split('/').includes('..')) {
    throw new DecantError('USAGE', `the pattern ${JSON.stringify(pattern)} is no absolute path`, {
      hint: 'write it as in "/usr/share/doc/**"',
    });
  }
  const parts = pattern.slice(1).matchAll(/\*\*\/|\*\*|\*|\?|\[(!?)((?:\\.|[^\]\\/])+)\]|\\(.)|(.)/gsu);
  const source = [...parts].map(([all, not, set, escaped, one]) => {
    if (all === '**/') return '(?:.*/)?';
    if (all === '**') return '.*';
    if (all === '*') return '[^/]*';
    if (all === '?') return '[^/]';
    if (set !== undefined) return `(?!/)[${not ? '^' : ''}${set.replaceAll(/[[^\\]/g, String.raw`\$&`)}]`;
    return (escaped ?? one ?? '').replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`);
  });
  try {
    return new RegExp(`^${source.join('')}(?:/.*)?$`, 'su');
  } catch (error) {
    throw new DecantError('USAGE', `the pattern ${JSON.stringify(pattern)} cannot be read`, { cause: error });
  }
}
