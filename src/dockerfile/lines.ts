/**
 * Physical lines and how they join: continuations, the comments and empty lines between them, and the lines that
 * a heredoc takes for itself. Scanned by hand, one pass, no regular expression over text from outside.
 */

import { isSpace, trimStart } from './text.ts';
import type { EscapeCharacter } from './ast.ts';
import { syntaxError } from './failure.ts';

export const MAX_LINE_BYTES = 65_535;

/** Reads physical lines in order. `number` is that of the line last read. */
export interface LineReader {
  readonly number: number;
  /** The next line with its line break, or undefined at the end. */
  next(): string | undefined;
}

export function createLineReader(source: string): LineReader {
  let position = source.charCodeAt(0) === 0xfeff ? 1 : 0;
  let number = 0;
  return {
    get number() {
      return number;
    },
    next() {
      if (position >= source.length) return undefined;
      const newline = source.indexOf('\n', position);
      const end = newline === -1 ? source.length : newline + 1;
      const line = source.slice(position, end);
      position = end;
      number++;
      // A UTF-16 unit is at most three bytes of UTF-8, so most lines need no measuring.
      if (line.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(trimNewline(line)) > MAX_LINE_BYTES) {
        throw syntaxError(`dockerfile line greater than max allowed size of ${MAX_LINE_BYTES}`);
      }
      return line;
    },
  };
}

/** Removes carriage returns and line feeds at the end. */
export function trimNewline(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === '\n' || line[end - 1] === '\r')) end--;
  return end === line.length ? line : line.slice(0, end);
}

export function isComment(line: string): boolean {
  let position = 0;
  while (position < line.length && isSpace(line.charAt(position))) position++;
  return line[position] === '#';
}

/**
 * The line up to its continuation character, or undefined when the instruction ends with it. Blanks may follow the
 * character; doubled it is no continuation, and three in a row count as doubled, as in BuildKit.
 */
export function cutContinuation(line: string, escape: EscapeCharacter): string | undefined {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  if (end === 0 || line[end - 1] !== escape) return undefined;
  if (end >= 2 && line[end - 2] === escape) return undefined;
  return line.slice(0, end - 1);
}

export interface JoinedLine {
  /** White space at both ends is kept: only the first line lost what led it. */
  readonly text: string;
  readonly hasEmptyContinuation: boolean;
}

/** Joins an instruction's first line (comment and leading white space already removed) with those it continues on. */
export function joinContinuations(first: string, reader: LineReader, escape: EscapeCharacter): JoinedLine {
  const start = cutContinuation(first, escape);
  if (start === undefined) return { text: first, hasEmptyContinuation: false };
  const pieces = [start];
  let hasEmptyContinuation = false;
  for (let raw = reader.next(); raw !== undefined; raw = reader.next()) {
    if (isComment(raw)) continue;
    const line = trimNewline(raw);
    if (trimStart(line) === '') {
      hasEmptyContinuation = true;
      continue;
    }
    const piece = cutContinuation(line, escape);
    pieces.push(piece ?? line);
    if (piece === undefined) break;
  }
  return { text: pieces.join(''), hasEmptyContinuation };
}
