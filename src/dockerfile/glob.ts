/**
 * Path patterns, compiled once and matched without backtracking: the states of a small automaton are followed side
 * by side, so no pattern can make a path slow. The syntax is that of Go's `path/filepath.Match` (`*` and `?` do not
 * cross a slash, `[a-z]`, `[^a]`, `\` escapes), with `**` added where asked for.
 */

import { syntaxError } from './failure.ts';

export type Token =
  | { readonly kind: 'literal'; readonly point: number }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [number, number])[];
    }
  /** `?` and `*` */
  | { readonly kind: 'one' | 'star' }
  /** `**` before something: nothing, or any text that ends with a slash. Two tokens, so that the slash is required. */
  | { readonly kind: 'descend' | 'descending' }
  /** Any text. */
  | { readonly kind: 'rest' };

const SLASH = 0x2f;

export interface Glob {
  /** Whether the whole name matches. Names are separated by slashes and have none at the beginning. */
  matches(name: string): boolean;
}

/** Compiles a pattern of COPY or ADD; `**` is allowed with `--parents` only. Throws DOCKERFILE_SYNTAX. */
export function createGlob(pattern: string, options: { readonly doubleStar?: boolean } = {}): Glob {
  const tokens = compilePattern(pattern, options.doubleStar ?? false);
  if (!tokens) throw syntaxError(`syntax error in pattern ${JSON.stringify(pattern)}`, hintFor(pattern));
  return { matches: (name) => createPathAutomaton(tokens).feed(name).accepted };
}

function hintFor(pattern: string): string {
  const character = 'a [ begins a character class; write \\[ for the character itself';
  return pattern.startsWith('[') ? `${character}; a JSON array needs double quotes and its ]` : character;
}

export function matchGlob(pattern: string, name: string): boolean {
  return createGlob(pattern).matches(name);
}

/** Whether a source names a set of files rather than one. */
export function hasWildcards(source: string): boolean {
  for (let index = 0; index < source.length; index++) {
    const character = source[index];
    if (character === '\\') index++;
    else if (character === '*' || character === '?' || character === '[') return true;
  }
  return false;
}

/** The tokens of a pattern, or undefined when it is malformed. */
export function compilePattern(pattern: string, doubleStar: boolean): Token[] | undefined {
  const points = Array.from(pattern, (character) => character.codePointAt(0) ?? 0);
  const tokens: Token[] = [];
  let position = 0;
  while (position < points.length) {
    const point = points[position++] ?? 0;
    if (point === code('*')) {
      if (doubleStar && points[position] === code('*')) {
        position++;
        if (points[position] === SLASH) position++;
        if (position >= points.length) tokens.push({ kind: 'rest' });
        else tokens.push({ kind: 'descend' }, { kind: 'descending' });
      } else if (tokens.at(-1)?.kind !== 'star') {
        tokens.push({ kind: 'star' });
      }
    } else if (point === code('?')) {
      tokens.push({ kind: 'one' });
    } else if (point === code('[')) {
      const found = compileClass(points, position);
      if (!found) return undefined;
      tokens.push(found.token);
      position = found.end;
    } else if (point === code('\\')) {
      const escaped = points[position++];
      if (escaped === undefined) return undefined;
      tokens.push({ kind: 'literal', point: escaped });
    } else {
      tokens.push({ kind: 'literal', point });
    }
  }
  return tokens;
}

/** Reads a class after its `[`. It may not be empty, and `-` and `]` stand for themselves only when escaped. */
function compileClass(points: readonly number[], start: number): { token: Token; end: number } | undefined {
  let position = start;
  const negated = points[position] === code('^');
  if (negated) position++;
  const ranges: (readonly [number, number])[] = [];
  for (;;) {
    if (points[position] === code(']') && ranges.length > 0) break;
    const low = classPoint(points, position);
    if (!low) return undefined;
    position = low.end;
    let high = low;
    if (points[position] === code('-')) {
      const found = classPoint(points, position + 1);
      if (!found) return undefined;
      high = found;
      position = found.end;
    }
    ranges.push([low.point, high.point]);
  }
  return { token: { kind: 'class', negated, ranges }, end: position + 1 };
}

function classPoint(points: readonly number[], position: number): { point: number; end: number } | undefined {
  let at = position;
  const first = points[at];
  if (first === undefined || first === code('-') || first === code(']')) return undefined;
  if (first === code('\\')) at++;
  const point = points[at];
  // A class that the pattern ends in is never closed.
  return point === undefined || at + 1 >= points.length ? undefined : { point, end: at + 1 };
}

export interface PathAutomaton {
  /** Takes more of the path. */
  feed(text: string): PathAutomaton;
  /** Whether what was taken so far is a match. */
  readonly accepted: boolean;
  /** Whether it was a match at some slash: a parent folder of the path matches. */
  readonly parentAccepted: boolean;
  /** Whether more text could still make it a match. */
  readonly alive: boolean;
}

export function createPathAutomaton(tokens: readonly Token[]): PathAutomaton {
  let current = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  let parentAccepted = false;
  activate(tokens, current, 0);
  return {
    feed(text) {
      for (const character of text) {
        const point = character.codePointAt(0) ?? 0;
        if (point === SLASH && current[tokens.length] === 1) parentAccepted = true;
        next.fill(0);
        for (let state = 0; state < tokens.length; state++) {
          if (current[state] === 1) step(tokens, next, state, point);
        }
        [current, next] = [next, current];
      }
      return this;
    },
    get accepted() {
      return current[tokens.length] === 1;
    },
    get parentAccepted() {
      return parentAccepted;
    },
    get alive() {
      // The accepting state has nowhere to go.
      return current.subarray(0, tokens.length).includes(1);
    },
  };
}

/** Switches on a state and those that are reached from it without taking a character. */
function activate(tokens: readonly Token[], states: Uint8Array, state: number): void {
  let at = state;
  while (states[at] === 0) {
    states[at] = 1;
    const kind = tokens[at]?.kind;
    if (kind === 'descend') {
      states[at + 1] = 1;
      at += 2;
    } else if (kind === 'star' || kind === 'rest') {
      at += 1;
    } else {
      return;
    }
  }
}

function step(tokens: readonly Token[], next: Uint8Array, state: number, point: number): void {
  const token = tokens[state];
  switch (token?.kind) {
    case 'literal':
      if (token.point === point) activate(tokens, next, state + 1);
      break;
    case 'one':
      if (point !== SLASH) activate(tokens, next, state + 1);
      break;
    case 'class':
      if (token.ranges.some(([low, high]) => low <= point && point <= high) !== token.negated) {
        activate(tokens, next, state + 1);
      }
      break;
    case 'star':
      if (point !== SLASH) activate(tokens, next, state);
      break;
    case 'rest':
      activate(tokens, next, state);
      break;
    case 'descending':
      next[state] = 1;
      if (point === SLASH) activate(tokens, next, state + 1);
      break;
    case 'descend':
    case undefined:
      break;
  }
}

function code(character: string): number {
  return character.charCodeAt(0);
}
