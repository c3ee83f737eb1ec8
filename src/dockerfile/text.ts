/**
 * White space as the Dockerfile grammar understands it: Unicode's White_Space property where text is trimmed, and
 * a smaller set of blanks where words are split. JavaScript's own `trim` takes another set (it lacks U+0085 and
 * has U+FEFF), which would shift the meaning of a line.
 */

export function isSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d);
  if (code < 0x1680) return code === 0x85 || code === 0xa0;
  return (
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x1680 ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000
  );
}

export function trimStart(text: string): string {
  let start = 0;
  while (start < text.length && isSpace(text.charAt(start))) start++;
  return start === 0 ? text : text.slice(start);
}

export function trimSpace(text: string): string {
  let end = text.length;
  while (end > 0 && isSpace(text.charAt(end - 1))) end--;
  return trimStart(end === text.length ? text : text.slice(0, end));
}

/** The characters that separate words: tab, vertical tab, form feed, carriage return, space. */
export function isBlank(character: string): boolean {
  return (
    character === ' ' || character === '\t' || character === '\r' || character === '\v' || character === '\f'
  );
}

/** Splits at runs of blanks, at most into `limit` parts. A leading or trailing run yields an empty part. */
export function splitBlanks(text: string, limit = Infinity): string[] {
  const parts: string[] = [];
  let start = 0;
  let position = 0;
  while (position < text.length && parts.length < limit - 1) {
    if (!isBlank(text.charAt(position))) {
      position++;
      continue;
    }
    parts.push(text.slice(start, position));
    while (position < text.length && isBlank(text.charAt(position))) position++;
    start = position;
  }
  parts.push(text.slice(start));
  return parts;
}

/** A value inside double quotes for a message, cut where it would flood the terminal. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
