/** Why a source of COPY is not there, as far as it can be told: left out by the ignore file, or another name was meant. */
import { nearest } from '../../suggest.ts';
import { DecantError } from '../../errors.ts';
import { cleanPath, joinPath } from '../../tree/path.ts';
import type { CopySource } from '../../tree/copy.ts';
import { resolvePath } from '../../tree/tree.ts';

/**
 * The error with a hint, where there is one to give; whatever is no missing source is given back as it is.
 *
 * @param isLeftOut Whether the ignore file is why a path of the source is not there.
 */
export function withReason(
  error: unknown,
  { tree, pattern }: CopySource,
  isLeftOut: (path: string) => boolean,
): unknown {
  if (!(error instanceof DecantError) || error.code !== 'COPY_SOURCE_MISSING') return error;
  const hint = isLeftOut(pattern)
    ? 'the file is there, but the ignore file (.dockerignore) leaves it out'
    : (error.hint ??
      unexpandedBraces(pattern) ??
      suggestion(tree, pattern) ??
      (/^\/?\.\.(\/|$)/.test(pattern) ? ABOVE : undefined));
  const { code, message, place, cause } = error;
  return new DecantError(code, message, { place, cause, hint });
}

const ABOVE =
  'nothing lies above the context: name its directory with --build-context NAME=DIRECTORY, and copy --from=NAME';

/** Braces are the shell's: `{a,b}` is not two sources, nor is what is left of `{a, b}`. */
function unexpandedBraces(pattern: string): string | undefined {
  const [, before = '', list, after = ''] = /^([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)$/.exec(pattern) ?? [];
  const names = list?.split(',').map((name) => `${before}${name}${after}`) ?? [];
  if (names.length > 1 && names.length < 5) return `braces are not expanded: name each, ${names.join(' ')}`;
  return /\{[^{}]*(,|\.\.)/.test(pattern)
    ? 'braces are not expanded: name the sources one by one'
    : undefined;
}

/** The path with the first of its names that is not there replaced by the nearest one that is. */
function suggestion(tree: CopySource['tree'], pattern: string): string | undefined {
  const names = cleanPath(pattern).split('/');
  for (const [index, name] of names.entries()) {
    const directory = resolvePath(tree, names.slice(0, index).join('/'));
    if (tree.get(resolvePath(tree, joinPath(directory, name)))) continue;
    const near = nearest(name, tree.list(directory));
    // In a name of two letters everything is two edits away.
    if (near === undefined || name.length < 3) return undefined;
    return `did you mean "${[...names.slice(0, index), near, ...names.slice(index + 1)].join('/')}"?`;
  }
  return undefined;
}
