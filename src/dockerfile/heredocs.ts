/**
 * Heredocs: finding `<<NAME` among the words of RUN, COPY and ADD, and reading the bodies from the lines below.
 * The bodies belong to the builder, not to the shell, so the words are found by the builder's rules for quotes.
 */

import type { Heredoc } from './ast.ts';
import { DecantError } from '../errors.ts';
import { syntaxError } from './failure.ts';
import { trimNewline, type LineReader } from './lines.ts';
import { expandTracked } from './words.ts';

/** What a word like `3<<-"EOF"` announces. */
export type HeredocMark = Omit<Heredoc, 'raw' | 'content'>;

/** Reads a word as the announcement of a heredoc; undefined when it is none. */
export function parseHeredocMark(word: string): HeredocMark | undefined {
  let position = 0;
  while (word.charAt(position) >= '0' && word.charAt(position) <= '9') position++;
  if (!word.startsWith('<<', position)) return undefined;
  const fileDescriptor = Math.min(Number(word.slice(0, position)), Number.MAX_SAFE_INTEGER);
  position += 2;
  const chomp = word[position] === '-';
  if (chomp) position++;
  const delimiter = word.slice(position).replace(/^[ \t\r\n\f]+/, '');
  if (delimiter === '' || delimiter.includes('<')) return undefined;

  const plain = expandTracked(delimiter, () => undefined, { keepUnset: true }).words;
  const quoted = expandTracked(delimiter, () => undefined, { keepUnset: true, keepQuotes: true }).words;
  const [name] = plain;
  const [withQuotes] = quoted;
  if (plain.length !== 1 || name === undefined || withQuotes === undefined) return undefined;
  return { name, fileDescriptor, chomp, expand: countQuotes(name) === countQuotes(withQuotes) };
}

/** The heredocs that a joined line announces, in order. A line whose quotes do not match announces none. */
export function findHeredocs(line: string): HeredocMark[] {
  const words = lineWords(line);
  const marks: HeredocMark[] = [];
  for (const word of words) {
    if (!word.includes('<<')) continue;
    const mark = parseHeredocMark(word);
    if (mark) marks.push(mark);
  }
  return marks;
}

function lineWords(line: string): readonly string[] {
  try {
    return expandTracked(line, () => undefined, { keepQuotes: true, keepEscapes: true, keepUnset: true })
      .words;
  } catch (error) {
    if (error instanceof DecantError) return [];
    throw error;
  }
}

/** Reads the body up to its terminator. */
export function readHeredoc(mark: HeredocMark, reader: LineReader): Heredoc {
  const lines: string[] = [];
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    const text = trimNewline(line);
    if ((mark.chomp ? withoutTabs(text) : text) === mark.name) {
      const raw = lines.join('');
      return { ...mark, raw, content: mark.chomp ? lines.map(withoutTabs).join('') : raw };
    }
    lines.push(line);
  }
  throw syntaxError('unterminated heredoc', `end the heredoc with a line that holds only ${mark.name}`);
}

function withoutTabs(line: string): string {
  let start = 0;
  while (line[start] === '\t') start++;
  return line.slice(start);
}

function countQuotes(text: string): number {
  let count = 0;
  for (const character of text) if (character === "'" || character === '"') count++;
  return count;
}
