/**
 * A joined line taken apart: the instruction's name, the flags after it, and the rest by the grammar of that
 * instruction. The shape of `args` by instruction:
 *
 * - RUN, CMD, ENTRYPOINT, SHELL: the strings of a JSON array, or one element with the text of the command
 * - COPY, ADD, VOLUME: the strings of a JSON array, or words; FROM, EXPOSE: words
 * - ENV, LABEL: name, value, separator (`=`, or empty for the old `ENV name value`) repeated
 * - ARG: words with their quotes; HEALTHCHECK: the type, then as CMD; WORKDIR, USER, STOPSIGNAL, MAINTAINER: one text
 */

import type { EscapeCharacter } from './ast.ts';
import { syntaxError } from './failure.ts';
import { isSpace, quote, splitBlanks, trimSpace, trimStart } from './text.ts';

export interface Arguments {
  readonly args: readonly string[];
  readonly json: boolean;
}

/** The arguments of an instruction (name in lower case). Unknown instructions have none; ONBUILD is not for here. */
export function parseArguments(keyword: string, rest: string, escape: EscapeCharacter): Arguments {
  switch (keyword) {
    case 'run':
    case 'cmd':
    case 'entrypoint':
    case 'shell':
      return jsonOr(rest, (text) => [text]);
    case 'add':
    case 'copy':
    case 'volume':
      return jsonOr(rest, (text) => splitBlanks(text));
    case 'from':
    case 'expose':
      return plain(rest === '' ? [] : splitBlanks(rest));
    case 'env':
    case 'label':
      return plain(nameValues(keyword.toUpperCase(), rest, escape));
    case 'arg':
      return plain(splitWords(rest, escape));
    case 'healthcheck':
      return healthcheck(rest);
    case 'maintainer':
    case 'stopsignal':
    case 'user':
    case 'workdir':
      return plain(rest === '' ? [] : [rest]);
    default:
      return plain([]);
  }
}

function plain(args: readonly string[]): Arguments {
  return { args, json: false };
}

function jsonOr(rest: string, otherwise: (text: string) => string[]): Arguments {
  if (rest === '') return plain([]);
  const array = parseJsonArray(rest);
  return array ? { args: array, json: true } : plain(otherwise(rest));
}

/** The strings of a JSON array, or undefined when the text is no JSON array at all. */
function parseJsonArray(text: string): string[] | undefined {
  if (!trimStart(text).startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(value)) return undefined;
  return value.map((item: unknown) => {
    if (typeof item !== 'string') {
      throw syntaxError(
        'when using JSON array syntax, arrays must be comprised of strings only',
        'put double quotes around every element',
      );
    }
    // A lone surrogate (`"\ud800"`) has no UTF-8 form, so it could not be passed to a process anyway.
    return /\p{Surrogate}/u.test(item) ? Buffer.from(item).toString() : item;
  });
}

function nameValues(instruction: string, rest: string, escape: EscapeCharacter): string[] {
  const words = splitWords(rest, escape);
  const first = words[0];
  if (first === undefined) return [];
  if (!first.includes('=')) {
    const [name, value] = splitBlanks(rest, 2);
    if (name === undefined || value === undefined)
      throw syntaxError(`${instruction} must have two arguments`, `write ${instruction} NAME=value`);
    return [name, value, ''];
  }
  return words.flatMap((word) => {
    const equals = word.indexOf('=');
    if (equals === -1) {
      throw syntaxError(
        `Syntax error - can't find = in ${quote(word)}. Must be of the form: name=value`,
        'put quotes around a value that contains spaces',
      );
    }
    return [word.slice(0, equals), word.slice(equals + 1), '='];
  });
}

function healthcheck(rest: string): Arguments {
  let end = 0;
  while (end < rest.length && !isSpace(rest.charAt(end))) end++;
  if (end === 0) return plain([]);
  const command = jsonOr(trimStart(rest.slice(end)), (text) => [text]);
  return { args: [rest.slice(0, end), ...command.args], json: command.json };
}

export interface SplitLine {
  readonly keyword: string;
  readonly flags: readonly string[];
  readonly rest: string;
}

/** Takes a trimmed line apart. */
export function splitInstruction(line: string, escape: EscapeCharacter): SplitLine {
  const [keyword = '', tail = ''] = splitBlanks(line, 2);
  const trimmed = trimStart(tail);
  if (!trimmed.startsWith('--')) return { keyword, flags: [], rest: trimmed };
  const { flags, end } = splitFlags(trimmed, escape);
  return { keyword, flags, rest: trimSpace(trimmed.slice(end)) };
}

/** Words beginning with `--`, quotes and escapes removed, up to the first other word or a lone `--`. */
function splitFlags(text: string, escape: EscapeCharacter): { flags: string[]; end: number } {
  const flags: string[] = [];
  let position = 0;
  for (;;) {
    while (position < text.length && isSpace(text.charAt(position))) position++;
    if (!text.startsWith('--', position)) return { flags, end: position };
    let word = '';
    let quoted = '';
    for (; position < text.length; position++) {
      let character = text.charAt(position);
      if (quoted === '' && isSpace(character)) break;
      if (quoted === '' ? character === '"' || character === "'" : character === quoted) {
        quoted = quoted === '' ? character : '';
        continue;
      }
      if (character === escape) {
        position++;
        character = text.charAt(position);
      }
      word += character;
    }
    if (word === '--') return { flags, end: position };
    flags.push(word);
  }
}

/** Splits into words at white space outside quotes; quotes and escapes stay in the words. */
export function splitWords(text: string, escape: EscapeCharacter): string[] {
  const words: string[] = [];
  let position = 0;
  for (;;) {
    while (position < text.length && isSpace(text.charAt(position))) position++;
    if (position >= text.length) return words;
    const start = position;
    let quoted = '';
    let end = text.length;
    for (; position < text.length; position++) {
      const character = text.charAt(position);
      if (quoted === '' && isSpace(character)) break;
      if (character === escape && quoted !== "'") {
        // An escape character with nothing to escape is dropped.
        if (position + 1 === text.length) end = position;
        position++;
      } else if (quoted === '' ? character === '"' || character === "'" : character === quoted) {
        quoted = quoted === '' ? character : '';
      }
    }
    const word = text.slice(start, Math.min(position, end));
    if (word !== '') words.push(word);
  }
}
