/** Tables that can be filtered and sorted by the page's script (assets/tables.js), and read whole without it. */
import { html } from '../html.ts';
import type { Hole, Html } from '../html.ts';

export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  /** Offers its values in a list to choose from; a row can have several, separated by `|` in `values`. */
  readonly isChoice?: boolean;
}

export interface Row {
  readonly cells: readonly Hole[];
  /** What each column is sorted by and chosen by, where that is not the cell's text. */
  readonly values?: Readonly<Record<number, string | number>>;
}

export interface TableOptions {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What rows are, as in `12 packages`. */
  readonly what: string;
}

/** A page of this many rows is still one that a browser shows at once; of what is left out the page tells. */
export const MOST_ROWS = 4000;

export function filterTable({ id, caption, columns, rows, what }: TableOptions): Html {
  const shown = rows.slice(0, MOST_ROWS);
  return html`<div class="table" id="${id}" data-what="${what}">
    <div class="controls needs-script">
      <label class="search"
        >Filter <input type="search" name="${id}-text" autocomplete="off" spellcheck="false" /></label
      >${columns.map(
        (column, index) =>
          column.isChoice &&
          html`<label
            >${capital(column.title)}
            <select name="${id}-${index}" data-column="${index}">
              <option value="">all</option>
              ${choices(shown, index).map((value) => html`<option>${value}</option>`)}
            </select></label
          >`,
      )}<output class="count" aria-live="polite">${rows.length.toLocaleString('en')} ${what}</output>
    </div>
    <div class="scroll" role="region" aria-label="${caption}, table" tabindex="0">
      <table>
        <caption>
          ${caption}
        </caption>
        <thead>
          <tr>
            ${columns.map(
              ({ title, isNumber }) => html`<th scope="col" ${isNumber && html` class="n"`}>${title}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${shown.map((row) => tableRow(row, columns))}
        </tbody>
      </table>
    </div>
    ${rows.length > shown.length && html`<p class="note">${(rows.length - shown.length).toLocaleString('en')} more ${what} are not shown here.</p>`}
  </div>`;
}

function tableRow({ cells, values = {} }: Row, columns: readonly Column[]): Html {
  return html`<tr>
    ${cells.map((cell, index) => {
      const value = values[index];
      return html`<td${columns[index]?.isNumber && html` class="n"`}${value !== undefined && html` data-v="${value}"`}>${cell}</td>`;
    })}
  </tr> `;
}

function choices(rows: readonly Row[], column: number): readonly string[] {
  const found = new Set<string>();
  for (const { cells, values } of rows) {
    const value = values?.[column] ?? cells[column];
    if (typeof value === 'string') for (const each of value.split('|')) found.add(each);
  }
  return [...found].filter(Boolean).toSorted();
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
