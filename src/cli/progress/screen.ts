/**
 * The lines at the bottom of a terminal that are drawn again and again (ECMA-48 cursor movement). Each drawing is
 * one write that touches only the lines that changed, which is what keeps it from flickering.
 */
import type { PaintedLine } from './spans.ts';

const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
const CLEAR_LINE = '\u001B[K';
const CLEAR_BELOW = '\u001B[J';

export interface Screen {
  /** Puts `lines` where those of the last drawing were. Lines `above` go over them and stay. */
  draw(lines: readonly PaintedLine[], columns: number, above?: readonly PaintedLine[]): void;
  /** Leaves what is drawn where it is and gives the cursor back. */
  release(): void;
}

export function createScreen(write: (text: string) => void): Screen {
  let drawn: readonly PaintedLine[] = [];
  let width = 0;
  let isHidden = false;

  const release = (): void => {
    if (!isHidden) return;
    isHidden = false;
    process.off('exit', release);
    write(SHOW_CURSOR);
  };

  return {
    draw(lines, columns, above = []) {
      let text = '';
      if (!isHidden) {
        isHidden = true;
        // A terminal without a cursor is a nuisance, so also when the process ends without a word.
        process.once('exit', release);
        text += HIDE_CURSOR;
      }
      const isRepaint = columns !== width || above.length > 0;
      text += moveUp(height(drawn, columns));
      if (isRepaint) text += CLEAR_BELOW;
      for (const { painted } of above) text += `${painted}\n`;
      text += lines.map((line, index) => update(line, isRepaint ? undefined : drawn[index])).join('');
      if (!isRepaint && lines.length < drawn.length) text += CLEAR_BELOW;
      drawn = lines;
      width = columns;
      write(text);
    },
    release,
  };
}

/** The rows that lines take on a terminal of `columns`: after it became narrower, a line may take several. */
function height(lines: readonly PaintedLine[], columns: number): number {
  return lines.reduce((rows, { cells }) => rows + Math.max(1, Math.ceil(cells / columns)), 0);
}

function moveUp(rows: number): string {
  return rows === 0 ? '\r' : `\u001B[${rows}A\r`;
}

function update(line: PaintedLine, before: PaintedLine | undefined): string {
  return line.painted === before?.painted ? '\n' : `${line.painted}${CLEAR_LINE}\n`;
}
