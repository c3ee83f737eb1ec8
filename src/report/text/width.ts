/**
 * How many terminal cells a text takes (Unicode UAX #11), and cutting and padding by cells. Where terminals
 * disagree (emoji joined by ZWJ, variation selectors) the larger number is taken: a line that is a little short
 * does no harm, one that is too long breaks the display. Give it text that has been made printable already.
 */

/** The cells of a text on one line. */
export function textWidth(text: string): number {
  if (isAscii(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** The text itself where it fits into `width` cells, else its beginning and an ellipsis. */
export function clip(text: string, width: number): string {
  if (width <= 0) return '';
  if (textWidth(text) <= width) return text;
  let cells = 0;
  let end = 0;
  for (const character of text) {
    const next = characterWidth(character);
    if (cells + next > width - 1) break;
    cells += next;
    end += character.length;
  }
  return `${text.slice(0, end)}…`;
}

/** The text with spaces behind it (or before it) up to `width` cells. */
export function pad(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return side === 'left' ? text + space : space + text;
}

// Blocks whose characters are wide or full width; emoji are recognised by their property.
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2329, 0x232a],
  [0x2e80, 0x303e],
  [0x3041, 0x4dff],
  [0x4e00, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18dff],
  [0x1aff0, 0x1b2ff],
  [0x1d300, 0x1d376],
  [0x1f000, 0x1faff],
  [0x20000, 0x3fffd],
];

const VARIATION_SELECTOR_16 = 0xfe0f;

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x7f) return 1;
  // It asks for the wide, coloured form of the character before it.
  if (code === VARIATION_SELECTOR_16) return 1;
  if (/^[\p{Mn}\p{Me}\p{Cf}]$/u.test(character)) return 0;
  if (WIDE.some(([first, last]) => code >= first && code <= last)) return 2;
  return /^\p{Emoji_Presentation}$/u.test(character) ? 2 : 1;
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) >= 0x7f) return false;
  return true;
}
