/**
 * Tables for a terminal: columns aligned by cells, headings in capitals as container tools have them, and cut to
 * the width where there is one. Cells may come from outside; they are made printable here.
 */
import { cleanLine } from './clean.ts';
import { createPaint } from './color.ts';
import { clip, pad, textWidth } from './width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** The fewest cells that a column may be cut to; one without is never cut. */
  readonly least?: number;
}

export interface TextOptions {
  /** Cells of the terminal; Infinity where the answer does not go to one, so that nothing is cut. */
  readonly width: number;
  readonly color: boolean;
}

const GAP = '  ';

/** Lines of text without a line feed at the end; the headings alone where there are no rows. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TextOptions,
): string {
  const titles = columns.map(({ title }) => cellText(title));
  const cells = rows.map((row) => columns.map((_, index) => cellText(row[index] ?? '')));
  const natural = titles.map((_, index) => {
    return [titles, ...cells].reduce((widest, row) => Math.max(widest, textWidth(row[index] ?? '')), 0);
  });
  const widths = fit(columns, natural, options.width);
  const line = (row: readonly string[]): string =>
    columns
      .map(({ align }, index) => {
        const width = widths[index] ?? 0;
        return pad(clip(row[index] ?? '', width), width, align);
      })
      .join(GAP)
      .trimEnd();
  const heading = titles.every((title) => title === '') ? [] : [line(titles)];
  const paint = createPaint(options.color);
  return [...heading.map((text) => paint('bold', text)), ...cells.map(line)].join('\n');
}

function cellText(text: string): string {
  return cleanLine(text).replaceAll('\t', ' ');
}

/** Takes what is too much from the widest columns that may be cut, so that they end up equally wide. */
function fit(columns: readonly Column[], natural: readonly number[], width: number): readonly number[] {
  const widths = natural.map((cells, index) => {
    const least = columns[index]?.least;
    return least === undefined ? cells : Math.min(cells, Math.max(least, width));
  });
  let excess = widths.reduce((sum, cells) => sum + cells, GAP.length * (columns.length - 1)) - width;
  while (excess > 0) {
    const widest = columns.reduce((best, { least }, index) => {
      const cells = widths[index] ?? 0;
      const canShrink = least !== undefined && cells > least;
      return canShrink && cells > (widths[best] ?? 0) ? index : best;
    }, -1);
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

/** Facts one below the other, labels dim and aligned; those without a value are left out. */
export function formatFacts(
  facts: readonly (readonly [string, string | undefined])[],
  options: TextOptions,
): string {
  const paint = createPaint(options.color);
  const shown = facts.filter(([, value]) => value !== undefined && value !== '');
  const width = shown.reduce((widest, [label]) => Math.max(widest, textWidth(label)), 0);
  return shown
    .map(([label, value]) => `  ${paint('dim', pad(label, width))}  ${cleanLine(value ?? '')}`)
    .join('\n');
}
