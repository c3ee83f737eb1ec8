/**
 * Word expansion: quotes, escapes and `$variables` as the builder understands them, a subset of the POSIX shell's
 * (XCU 2.6.2) with two of bash's substitutions. Everything is expanded lazily, instruction by instruction, because
 * the value of a variable depends on where it stands.
 *
 * `'…'` is literal; inside `"…"` the escape character escapes only `"`, `$` and itself; elsewhere it escapes any
 * character and is dropped.
 */

import type { EscapeCharacter } from './ast.ts';
import { DecantError } from '../errors.ts';
import { quote } from './text.ts';
import { type ExpandOptions, type Lookup, WordScanner } from './word-scanner.ts';

export interface Expansion {
  readonly text: string;
  /** The text split at white space that stood outside quotes, after variables were put in. */
  readonly words: readonly string[];
  /** The names looked up that have a value, and those that have none, each in order of first use. */
  readonly used: readonly string[];
  readonly unset: readonly string[];
}

/** Expands a word to one string. */
export function expandWord(word: string, lookup: Lookup, options: ExpandOptions = {}): string {
  // Most words hold nothing to expand, and a build expands thousands.
  if (isPlain(word, options.escape ?? '\\')) return word;
  return expandTracked(word, lookup, options).text;
}

/** Expands, then splits at white space: for EXPOSE, whose variables may hold several ports. */
export function expandWords(word: string, lookup: Lookup, options: ExpandOptions = {}): string[] {
  return [...expandTracked(word, lookup, options).words];
}

/** Expands the body of a heredoc: quotes are text, and the escape character is a backslash in every Dockerfile. */
export function expandHeredoc(body: string, lookup: Lookup): string {
  return expandWord(body, lookup, { escape: '\\', ignoreQuotes: true });
}

/** Expands and tells which variables were asked for. */
export function expandTracked(word: string, lookup: Lookup, options: ExpandOptions = {}): Expansion {
  const used = new Set<string>();
  const unset = new Set<string>();
  const scanner = new WordScanner(
    word,
    (name) => {
      const value = lookup(name);
      (value === undefined ? unset : used).add(name);
      return value;
    },
    options,
  );
  try {
    const { text, words } = scanner.expand('', options.keepEscapes ?? false);
    return { text, words, used: [...used], unset: [...unset] };
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    throw new DecantError(error.code, `failed to process ${quote(word)}: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}

function isPlain(word: string, escape: EscapeCharacter): boolean {
  for (let index = 0; index < word.length; index++) {
    const character = word[index];
    if (character === '$' || character === escape || character === "'" || character === '"') return false;
  }
  return true;
}
