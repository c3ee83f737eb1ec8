/**
 * Reads a word from left to right: what is quoted, what is escaped, and where a substitution stands and ends
 * (POSIX XCU 2.2 and 2.6.2).
 */

import type { EscapeCharacter } from './ast.ts';
import { DecantError } from '../errors.ts';
import { syntaxError } from './failure.ts';
import { replacePattern } from './shell-pattern.ts';
import { type HintForMissing, isConditional, removesPattern, substitute } from './substitution.ts';
import { MAX_EXPANDED_LENGTH, WordBuilder } from './word-splitting.ts';

/** The value of a variable; undefined when it is not set (an empty string is a value). */
export type Lookup = (name: string) => string | undefined;

export interface ExpandOptions {
  /** The Dockerfile's escape character; a backslash when not given. */
  readonly escape?: EscapeCharacter;
  /** Quotes do their work but stay in the result. */
  readonly keepQuotes?: boolean;
  /** Escape characters outside quotes stay in the result, except inside `${…}`. */
  readonly keepEscapes?: boolean;
  /** Substitutions of unset variables stay as they are written. */
  readonly keepUnset?: boolean;
  /** Quotes are ordinary characters (the bodies of heredocs). */
  readonly ignoreQuotes?: boolean;
  /** What to do about a variable that `${name:?…}` wants. */
  readonly hintForMissing?: HintForMissing;
}

const MAX_NESTING = 256;

export class WordScanner {
  private position = 0;
  private depth = 0;
  private readonly source: string;
  private readonly lookup: Lookup;
  private readonly options: ExpandOptions;
  private readonly escape: EscapeCharacter;

  constructor(source: string, lookup: Lookup, options: ExpandOptions) {
    this.source = source;
    this.lookup = lookup;
    this.options = options;
    this.escape = options.escape ?? '\\';
  }

  /** Reads up to and over the character `stop`, or to the end when that is empty. */
  expand(stop: string, keepEscapes: boolean): { text: string; words: string[] } {
    if (++this.depth > MAX_NESTING) throw syntaxError('substitutions are nested too deeply');
    const { source } = this;
    const result = new WordBuilder();
    while (this.position < source.length) {
      const character = source.charAt(this.position);
      if (character === stop) {
        this.position++;
        this.depth--;
        return result.finish();
      }
      if (character === '$') {
        result.addSplit(this.substitution());
      } else if (character === "'" && !this.options.ignoreQuotes) {
        result.add(this.singleQuoted());
      } else if (character === '"' && !this.options.ignoreQuotes) {
        result.add(this.doubleQuoted(keepEscapes));
      } else if (character === '<' && source[this.position + 1] === '<') {
        // `<< EOF` is one word, so that a space before the delimiter does not hide a heredoc.
        const start = this.position;
        this.position += 2;
        while (/[ \t\r]/.test(source.charAt(this.position))) this.position++;
        result.add(source.slice(start, this.position));
      } else if (character === this.escape) {
        if (keepEscapes) result.add(character);
        this.position++;
        if (this.position < source.length) result.add(this.codePoint());
      } else {
        result.addSplit(this.codePoint());
      }
    }
    if (stop !== '') throw syntaxError(`unexpected end of statement while looking for matching ${stop}`);
    this.depth--;
    return result.finish();
  }

  private codePoint(): string {
    const character = String.fromCodePoint(this.source.codePointAt(this.position) ?? 0);
    this.position += character.length;
    return character;
  }

  private singleQuoted(): string {
    const start = this.position;
    const end = this.source.indexOf("'", start + 1);
    if (end === -1) {
      this.position = this.source.length;
      throw syntaxError(
        'unexpected end of statement while looking for matching single-quote',
        "close the quote, or write \\' for the character itself",
      );
    }
    this.position = end + 1;
    return this.options.keepQuotes ? this.source.slice(start, end + 1) : this.source.slice(start + 1, end);
  }

  private doubleQuoted(keepEscapes: boolean): string {
    const { source } = this;
    const mark = this.options.keepQuotes ? '"' : '';
    let text = mark;
    this.position++;
    while (this.position < source.length) {
      const character = source.charAt(this.position);
      if (character === '"') {
        this.position++;
        return text + mark;
      }
      if (character === '$') {
        text += this.substitution();
        continue;
      }
      this.position++;
      if (character !== this.escape) {
        text += character;
        continue;
      }
      const next = source.charAt(this.position);
      if (keepEscapes) text += character;
      if (next === '"' || next === '$' || next === this.escape) {
        text += next;
        this.position++;
      } else if (next !== '') {
        text += character;
      }
    }
    throw syntaxError(
      'unexpected end of statement while looking for matching double-quote',
      'close the quote, or write \\" for the character itself',
    );
  }

  /** At a `$`. */
  private substitution(): string {
    this.position++;
    if (this.source[this.position] === '{') return this.braced();
    const name = this.name();
    if (name === '') return '$';
    const value = this.lookup(name);
    return value ?? (this.options.keepUnset ? `$${name}` : '');
  }

  private braced(): string {
    const start = this.position - 1;
    this.position++;
    const first = this.source.charAt(this.position);
    if (first === '') throw missingBrace();
    if (first === '{' || first === '}' || first === ':') throw syntaxError('syntax error: bad substitution');
    const name = this.name();
    if (this.position >= this.source.length) throw missingBrace();
    const modifier = this.codePoint();
    if (modifier === '}') {
      const value = this.lookup(name);
      return value ?? (this.options.keepUnset ? `\${${name}}` : '');
    }
    const text = this.modified(name, modifier);
    return text ?? this.source.slice(start, this.position);
  }

  /** The value with a modifier applied, or undefined when the variable is unset and such substitutions are kept. */
  private modified(name: string, first: string): string | undefined {
    if (first === '/') return this.replaced(name);
    let operator = first;
    const nullIsUnset = first === ':';
    if (nullIsUnset) {
      if (this.position >= this.source.length) throw missingBrace();
      operator = this.codePoint();
    }
    // A colon goes with tests for unset alone.
    if (!isConditional(operator) && (nullIsUnset || !removesPattern(operator))) {
      if (nullIsUnset) this.operand('}', false);
      throw syntaxError(
        `unsupported modifier (${nullIsUnset ? ':' : ''}${operator}) in substitution`,
        'there are :- - :+ + :? ? # ## % %% / and //',
      );
    }
    const word = this.operand('}', removesPattern(operator));
    const value = this.lookup(name);
    if (value === undefined && this.options.keepUnset) return undefined;
    return substitute({ name, value }, { operator, word, nullIsUnset }, this.options.hintForMissing);
  }

  private replaced(name: string): string | undefined {
    const start = this.position;
    const all = this.source[this.position] === '/';
    if (all) this.position++;
    let pattern: string;
    let replacement: string;
    try {
      pattern = this.operand('/', true);
      replacement = this.operand('}', true);
    } catch (error) {
      throw this.lacksReplacement(error, name, start);
    }
    const value = this.lookup(name);
    if (value === undefined && this.options.keepUnset) return undefined;
    return replacePattern(value ?? '', pattern, replacement, all, MAX_EXPANDED_LENGTH);
  }

  /** Shells take `${name/pattern}` for an empty replacement; what was read after the brace was not meant. */
  private lacksReplacement(error: unknown, name: string, start: number): unknown {
    const pattern = /^\/?[^/}]*(?=\})/.exec(this.source.slice(start))?.[0];
    if (!(error instanceof DecantError) || pattern === undefined) return error;
    const written = `\${${name}/${pattern}`;
    return syntaxError(error.message, `write ${written}/} to leave it out, or ${written}/…} to replace it`);
  }

  /** A word inside `${…}`; whatever goes wrong at the end of the text is a missing terminator. */
  private operand(stop: string, keepEscapes: boolean): string {
    try {
      return this.expand(stop, keepEscapes).text;
    } catch (error) {
      if (this.position < this.source.length || !(error instanceof DecantError)) throw error;
      throw stop === '}' ? missingBrace() : syntaxError("syntax error: missing '/' in ${}");
    }
  }

  /** Letters, digits and `_`; or only digits; or one special parameter; or nothing. */
  private name(): string {
    const { source } = this;
    const start = this.position;
    const first = source.charAt(start);
    if (first >= '0' && first <= '9') {
      while (source.charAt(this.position) >= '0' && source.charAt(this.position) <= '9') this.position++;
      return source.slice(start, this.position);
    }
    if (first !== '' && '@*#?-$!'.includes(first)) {
      this.position++;
      return first;
    }
    while (this.position < source.length) {
      const character = String.fromCodePoint(source.codePointAt(this.position) ?? 0);
      if (!/^[\p{L}\p{Nd}_]$/u.test(character)) break;
      this.position += character.length;
    }
    return source.slice(start, this.position);
  }
}

function missingBrace(): DecantError {
  return syntaxError("syntax error: missing '}'", 'close ${ with }, or write \\$ for the character itself');
}
