/**
 * Parser directives: `# key = value` comments at the very top of a file (syntax, escape, check), and the detection
 * of a front end in files that are not Dockerfiles (`// syntax=…`, JSON, a `#!` line before it).
 */

import type { Directives, EscapeCharacter } from './ast.ts';
import { syntaxError } from './failure.ts';
import { trimSpace, trimStart } from './text.ts';

const NAMES = new Set(['syntax', 'escape', 'check']);

export interface DirectiveScanner {
  /** Takes the next line, leading white space removed; tells whether it was a directive. */
  accept(line: string): boolean;
  /** The escape character as far as is known. */
  readonly escape: EscapeCharacter;
  readonly directives: Directives;
}

/** Accepts directives until the first line that is none; everything after that is an ordinary comment. */
export function createDirectiveScanner(): DirectiveScanner {
  const found = new Map<string, string>();
  let done = false;
  let escape: EscapeCharacter = '\\';
  return {
    accept(line) {
      if (done) return false;
      const directive = readDirective(line, '#');
      if (!directive) {
        done = true;
        return false;
      }
      const { name, value } = directive;
      if (found.has(name)) throw syntaxError(`only one ${name} parser directive can be used`);
      if (name === 'escape') {
        if (value !== '\\' && value !== '`') {
          throw syntaxError(`invalid escape token '${value}' does not match \` or \\`);
        }
        escape = value;
      }
      found.set(name, value);
      return true;
    },
    get escape() {
      return escape;
    },
    get directives() {
      const syntax = found.get('syntax');
      const check = found.get('check');
      return {
        ...(syntax === undefined ? {} : { syntax }),
        escape,
        ...(check === undefined ? {} : { check }),
      };
    },
  };
}

/** The image of the front end a source asks for, without the options that may follow it, or undefined. */
export function detectSyntax(source: string): string | undefined {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source;
  const body = text.startsWith('#!') ? text.slice(lineEnd(text, 0)) : text;
  return fromComments(body, '#') ?? fromComments(body, '//') ?? fromJson(body);
}

function fromComments(text: string, mark: string): string | undefined {
  for (let start = 0; start < text.length; start = lineEnd(text, start)) {
    const directive = readDirective(trimSpace(text.slice(start, lineEnd(text, start))), mark);
    if (!directive) return undefined;
    if (directive.name === 'syntax') return directive.value.split(' ', 1)[0];
  }
  return undefined;
}

function fromJson(text: string): string | undefined {
  if (!trimStart(text).startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('syntax' in value)) return undefined;
    return typeof value.syntax === 'string' ? value.syntax : undefined;
  } catch {
    return undefined;
  }
}

function lineEnd(text: string, start: number): number {
  const newline = text.indexOf('\n', start);
  return newline === -1 ? text.length : newline + 1;
}

function readDirective(line: string, mark: string): { name: string; value: string } | undefined {
  if (!line.startsWith(mark)) return undefined;
  const body = trimStart(line.slice(mark.length));
  const equals = body.indexOf('=');
  if (equals === -1) return undefined;
  const name = trimSpace(body.slice(0, equals)).toLowerCase();
  const value = trimSpace(body.slice(equals + 1));
  return NAMES.has(name) && value !== '' ? { name, value } : undefined;
}

/** What a `check` directive, or a `check=` comment above an instruction, asks of the linter. */
export interface CheckOptions {
  readonly skip: readonly string[] | 'all';
  readonly experimental: readonly string[] | 'all';
  readonly error: boolean;
}

/** Parses `skip=A,B|all;error=true;experimental=A|all`. */
export function parseCheckOptions(text: string): CheckOptions {
  const options = { skip: [] as string[] | 'all', experimental: [] as string[] | 'all', error: false };
  if (trimSpace(text) === '') return options;
  for (const part of trimSpace(text).split(';')) {
    const equals = part.indexOf('=');
    const name = trimSpace(part.slice(0, Math.max(equals, 0)));
    const value = trimSpace(part.slice(equals + 1));
    if (equals === -1) throw syntaxError(`invalid check option "${part}"`);
    if (name === 'skip' || name === 'experimental') {
      options[name] = value === 'all' ? 'all' : value.split(',').map(trimSpace);
    } else if (name === 'error' && (value === 'true' || value === 'false')) {
      options.error = value === 'true';
    } else {
      throw syntaxError(`invalid check option "${name === 'error' ? part : name}"`);
    }
  }
  return options;
}
