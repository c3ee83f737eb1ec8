/** The fields of one CSV record (RFC 4180), the notation of `--mount` and `--device`. */

import { syntaxError } from './failure.ts';

export function parseCsvRecord(text: string): string[] {
  const fields: string[] = [];
  let position = 0;
  for (;;) {
    const field = text[position] === '"' ? quotedField(text, position) : bareField(text, position);
    fields.push(field.value);
    if (field.end >= text.length) return fields;
    position = field.end + 1;
  }
}

function bareField(text: string, start: number): { value: string; end: number } {
  const comma = text.indexOf(',', start);
  const end = comma === -1 ? text.length : comma;
  const value = text.slice(start, end);
  const mark = value.indexOf('"');
  if (mark !== -1) throw csvError(start + mark, 'bare " in non-quoted-field');
  return { value, end };
}

function quotedField(text: string, start: number): { value: string; end: number } {
  let value = '';
  let position = start + 1;
  for (;;) {
    const mark = text.indexOf('"', position);
    if (mark === -1) throw csvError(text.length, 'extraneous or missing " in quoted-field');
    value += text.slice(position, mark);
    position = mark + 1;
    if (text[position] !== '"') break;
    value += '"';
    position++;
  }
  if (position < text.length && text[position] !== ',') {
    throw csvError(position, 'extraneous or missing " in quoted-field');
  }
  return { value, end: position };
}

function csvError(position: number, what: string): Error {
  return syntaxError(`parse error on line 1, column ${position + 1}: ${what}`);
}
