/**
 * Lines for a terminal before they are painted: pieces of text with a style each, so that a line can be measured
 * and cut in cells without counting the escape sequences that colour it.
 */
import type { Paint, Style } from '../../report/text/color.ts';
import { clip, textWidth } from '../../report/text/width.ts';

export interface Span {
  readonly text: string;
  readonly style?: Style | undefined;
}

export type Line = readonly Span[];

export function span(text: string, style?: Style): Span {
  return { text: text.replaceAll('\t', '    '), style };
}

/** A line as it is written, and the cells it takes. */
export interface PaintedLine {
  readonly painted: string;
  readonly cells: number;
}

/** The line cut to `width` cells and painted; whole where `width` is infinite. */
export function paintLine(line: Line, width: number, paint: Paint): PaintedLine {
  let cells = 0;
  let painted = '';
  for (const { text, style } of line) {
    if (cells >= width) break;
    const shown = clip(text, width - cells);
    painted += paint(style, shown);
    cells += textWidth(shown);
  }
  return { painted, cells };
}

/** `left` cut as far as needed, then `right` at the edge of `width` cells. Where there is no room, no `right`. */
export function justify(left: Line, right: Span, width: number): Line {
  const room = width - textWidth(right.text) - 1;
  if (right.text === '' || room < 16) return left;
  const cut: Span[] = [];
  let cells = 0;
  for (const { text, style } of left) {
    const shown = clip(text, room - cells);
    cells += textWidth(shown);
    cut.push({ text: shown, style });
  }
  return [...cut, { text: ' '.repeat(width - cells - textWidth(right.text)) }, right];
}
