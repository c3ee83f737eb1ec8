/**
 * Makes text from outside fit to be shown on a terminal. Step output, file names and server messages may carry
 * escape sequences that move the cursor, rename the window or fill the clipboard (ECMA-48 control functions), and
 * bidirectional marks that make a line read as something else. None of them gets through.
 *
 * Whole control sequences are dropped, since a tool's colours say nothing once they are not shown; what is left
 * of the control characters becomes a visible picture, so that a name with one in it does not pass for another.
 */

const ESCAPE = 0x1b;
const REPLACEMENT = '\uFFFD';

/** The text on one line or several (line feeds and tabs are kept), without anything a terminal would obey. */
export function printable(text: string): string {
  let result = '';
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isHarmless(code)) {
      at += 1;
      continue;
    }
    if (isPair(text, at)) {
      at += 2;
      continue;
    }
    result += text.slice(copied, at);
    const end = sequenceEnd(text, at, code);
    if (end === undefined) result += picture(code);
    at = end ?? at + 1;
    copied = at;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function isHarmless(code: number): boolean {
  if (code < 0x20) return code === 0x0a || code === 0x09;
  if (code < 0x7f) return true;
  if (code < 0xa0) return false;
  return !isDirectionMark(code) && !isSurrogate(code);
}

/** Marks that reorder the text around them (Unicode UAX #9), the line separators, and the byte order mark. */
function isDirectionMark(code: number): boolean {
  return (
    code === 0x061c ||
    (code >= 0x200e && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code === 0xfeff
  );
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function isPair(text: string, at: number): boolean {
  const high = text.charCodeAt(at);
  const low = text.charCodeAt(at + 1);
  return high >= 0xd800 && high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}

/** Where the control sequence that begins at `at` ends; undefined where none does, or none that is complete. */
function sequenceEnd(text: string, at: number, code: number): number | undefined {
  // The other half of a line end is no character of the line.
  if (code === 0x0d && (at + 1 === text.length || text[at + 1] === '\n')) return at + 1;
  if (code === 0x9b) return controlSequenceEnd(text, at + 1);
  if (code === 0x90 || code === 0x9d) return stringEnd(text, at + 1);
  if (code !== ESCAPE) return undefined;
  const next = text.charAt(at + 1);
  if (next === '[') return controlSequenceEnd(text, at + 2);
  if (next !== '' && ']PX^_'.includes(next)) return stringEnd(text, at + 2);
  // `ESC ( B` and the like choose a character set; every other one is ESC and one character.
  if (next !== '' && '()*+-./#%'.includes(next)) return Math.min(at + 3, text.length);
  return next >= '0' && next <= '~' ? at + 2 : undefined;
}

/** CSI: parameter bytes 0x30-0x3F, intermediate bytes 0x20-0x2F, a final byte 0x40-0x7E. */
function controlSequenceEnd(text: string, from: number): number | undefined {
  let at = from;
  while (at < text.length && inRange(text.charCodeAt(at), 0x20, 0x3f)) at += 1;
  return inRange(text.charCodeAt(at), 0x40, 0x7e) ? at + 1 : undefined;
}

/** OSC, DCS and their kin: up to BEL or ST. Any other control character means that this one is not complete. */
function stringEnd(text: string, from: number): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x07 || code === 0x9c) return at + 1;
    if (code === ESCAPE) return text.charAt(at + 1) === '\\' ? at + 2 : undefined;
    if (code < 0x20 || inRange(code, 0x80, 0x9f)) return undefined;
  }
  return undefined;
}

function inRange(code: number, low: number, high: number): boolean {
  return code >= low && code <= high;
}

/** Unicode has a picture for each of the C0 control characters (U+2400 on) and for DEL. */
function picture(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : REPLACEMENT;
}
