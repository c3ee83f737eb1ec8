/**
 * Ignore files (`.dockerignore`): which paths of a context are left out. Follows Moby's documented rules: a pattern
 * matches a path or any folder above it, the last pattern that matches decides, `!` takes paths back in, `**` stands
 * for any number of folders. Also the matcher of `COPY --exclude`.
 */

import { DecantError } from '../errors.ts';
import { compilePattern, createPathAutomaton, type Token } from './glob.ts';
import { trimSpace } from './text.ts';

const MAX_PATTERNS = 100_000;

export interface IgnoreMatcher {
  /** Whether a path is left out. Paths are relative, separated by slashes, without a slash at either end. */
  matches(path: string): boolean;
  /** Whether a walker has to enter a folder: something below it may not be left out. */
  mayContainIncluded(folder: string): boolean;
  /** Whether any pattern takes paths back in. */
  readonly hasExceptions: boolean;
}

/** The patterns of an ignore file, cleaned. Throws IGNORE_FILE_INVALID with the line of a malformed one. */
export function parseIgnoreFile(text: string, options: { readonly file?: string } = {}): string[] {
  const patterns: string[] = [];
  const lines = (text.startsWith('\uFEFF') ? text.slice(1) : text).split('\n');
  for (const [index, line] of lines.entries()) {
    // A comment begins in the first column: `  #x` is a pattern.
    if (line.startsWith('#')) continue;
    const trimmed = trimSpace(line);
    if (trimmed === '') continue;
    const excepted = trimmed.startsWith('!');
    const path = excepted ? trimSpace(trimmed.slice(1)) : trimmed;
    const cleaned = path === '' ? '' : cleanPath(path);
    const relative = cleaned.length > 1 && cleaned.startsWith('/') ? cleaned.slice(1) : cleaned;
    const pattern = excepted ? `!${relative}` : relative;
    try {
      compile(pattern);
    } catch (error) {
      if (!(error instanceof DecantError)) throw error;
      const place = { file: options.file ?? '.dockerignore', start: index + 1, end: index + 1, source: text };
      throw error.at(place);
    }
    patterns.push(pattern);
    if (patterns.length > MAX_PATTERNS) {
      throw new DecantError('IGNORE_FILE_INVALID', `more than ${MAX_PATTERNS} ignore patterns`);
    }
  }
  return patterns;
}

interface Rule {
  readonly except: boolean;
  /** Whether the path or a folder above it matches. */
  matches(path: string): boolean;
  /** Whether some path below the folder can match. */
  canMatchBelow(folder: string): boolean;
}

/** What a folder says of all that stands in it: few of many patterns can match there, and there are many paths. */
interface FolderRules {
  /** The last rule that matches the folder or one above it; -1 where none does. */
  readonly decisive: number;
  /** Later rules that may match something below, the last first. */
  readonly open: readonly number[];
}

export function createMatcher(patterns: readonly string[]): IgnoreMatcher {
  const rules = patterns
    .map(trimSpace)
    .filter((pattern) => pattern !== '')
    .map(compile);
  const all: FolderRules = { decisive: -1, open: [...rules.keys()].reverse() };
  const folders = new Map<string, FolderRules>();
  const rulesIn = (folder: string): FolderRules => {
    let known = folder === '' ? all : folders.get(folder);
    if (!known) folders.set(folder, (known = narrowed(rulesIn(parentOf(folder)), folder)));
    return known;
  };
  const narrowed = ({ open }: FolderRules, folder: string): FolderRules => {
    const decisive = decide(folder);
    const left = open.filter((index) => index > decisive && rules[index]?.canMatchBelow(folder));
    return { decisive, open: left.length === open.length ? open : left };
  };
  /** The last rule that matches a path or a folder above it; -1 where none does. */
  const decide = (path: string): number => {
    const { decisive, open } = rulesIn(parentOf(path));
    return open.find((index) => rules[index]?.matches(path)) ?? decisive;
  };
  return {
    hasExceptions: rules.some((rule) => rule.except),
    matches(path) {
      return path !== '' && path !== '.' && rules[decide(path)]?.except === false;
    },
    mayContainIncluded(folder) {
      if (folder === '' || folder === '.') return true;
      const decisive = decide(folder);
      if (rules[decisive]?.except !== false) return true;
      // The deciding pattern holds for everything below; only exceptions that come after it can undo that.
      return rules.slice(decisive + 1).some((rule) => rule.except && rule.canMatchBelow(folder));
    },
  };
}

function compile(pattern: string): Rule {
  const except = pattern.startsWith('!');
  const path = except ? trimSpace(pattern.slice(1)) : pattern;
  if (path === '') throw new DecantError('IGNORE_FILE_INVALID', 'illegal exclusion pattern: "!"');
  const cleaned = cleanPath(path);
  const tokens = compilePattern(cleaned, true);
  if (!tokens) {
    const message = `syntax error in pattern ${JSON.stringify(pattern)}`;
    throw new DecantError('IGNORE_FILE_INVALID', message, {
      hint: 'a [ begins a character class; write \\[ for the character itself',
    });
  }
  if (tokens.every((token) => token.kind === 'literal'))
    return { except, ...literalRule(literalText(tokens)) };
  const loose = withLooseStart(cleaned, tokens);
  return { except, ...(anywhereRule(loose) ?? automatonRule(loose)) };
}

type Matching = Omit<Rule, 'except'>;

function literalRule(literal: string): Matching {
  const inside = `${literal}/`;
  return {
    matches: (path) => path === literal || path.startsWith(inside),
    canMatchBelow: (folder) => literal.startsWith(`${folder}/`),
  };
}

/** `**` + `/name`: the commonest pattern with a wildcard, and the one that is asked for every path. */
function anywhereRule(tokens: readonly Token[]): Matching | undefined {
  const [first, second, ...rest] = tokens;
  if (first?.kind !== 'descend' || second?.kind !== 'descending') return undefined;
  if (rest.length === 0 || !rest.every((token) => token.kind === 'literal')) return undefined;
  const name = literalText(rest);
  return {
    matches: (path) => `/${path}/`.includes(`/${name}/`),
    canMatchBelow: () => true,
  };
}

function automatonRule(tokens: readonly Token[]): Matching {
  return {
    matches(path) {
      const automaton = createPathAutomaton(tokens).feed(path);
      return automaton.accepted || automaton.parentAccepted;
    },
    canMatchBelow: (folder) => createPathAutomaton(tokens).feed(`${folder}/`).alive,
  };
}

/** `**name` without a slash matches any path that ends with the name, but only when nothing else in it is special. */
function withLooseStart(pattern: string, tokens: readonly Token[]): readonly Token[] {
  const [, , ...rest] = tokens;
  const isLoose = pattern.startsWith('**') && pattern[2] !== '/' && tokens[0]?.kind === 'descend';
  return isLoose && !/[*?[\]\\]/.test(pattern.slice(2)) ? [{ kind: 'rest' }, ...rest] : tokens;
}

function literalText(tokens: readonly Token[]): string {
  return tokens.map((token) => (token.kind === 'literal' ? String.fromCodePoint(token.point) : '')).join('');
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The shortest form of a path: no `.`, no doubled or trailing slash, `..` resolved where it can be. */
export function cleanPath(path: string): string {
  const rooted = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (!rooted) parts.push('..');
  }
  return (rooted ? '/' : '') + parts.join('/') || '.';
}
