/**
 * HTML as a value. A template's holes are escaped unless they hold HTML already, so that no text from outside (file
 * names, instructions, names of images) can become markup. Text is made printable first: control characters and marks
 * that reorder the text around them are shown, not obeyed.
 */
import { printable } from '../text/printable.ts';

export interface Html {
  readonly html: string;
}

export type Hole = Html | string | number | undefined | false | readonly Hole[];

/** `` html`<b>${text}</b>` `` */
export function html(strings: TemplateStringsArray, ...holes: readonly Hole[]): Html {
  const texts = unindented(strings);
  let result = texts[0] ?? '';
  holes.forEach((hole, index) => {
    result += render(hole) + (texts[index + 1] ?? '');
  });
  return { html: result };
}

const known = new WeakMap<TemplateStringsArray, readonly string[]>();

/** Templates are indented for those who read this source; pages have thousands of pieces, and go without. */
function unindented(strings: TemplateStringsArray): readonly string[] {
  let texts = known.get(strings);
  if (!texts) known.set(strings, (texts = strings.map((text) => text.replaceAll(/\n\s+/g, '\n'))));
  return texts;
}

/** What is HTML already, and was written by this program. */
export function raw(text: string): Html {
  return { html: text };
}

/** For text and for attributes in double quotes. */
export function escapeText(text: string): string {
  return printable(text).replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/** A value for a script to read, as the text of an element of type `application/json`. */
export function jsonText(value: unknown): Html {
  // `<` must not begin an end tag, nor a comment; the other two end a line for some readers of JSON.
  const escaped = JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'string' ? printable(each) : each,
  ).replaceAll('<', String.raw`\u003c`);
  return raw(escaped);
}

function render(hole: Hole): string {
  if (hole === undefined || hole === false) return '';
  if (typeof hole === 'string') return escapeText(hole);
  if (typeof hole === 'number') return String(hole);
  return 'html' in hole ? hole.html : hole.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
