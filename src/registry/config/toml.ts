/**
 * As much of TOML (1.0) as Podman's registries.conf is written in: tables, arrays of tables, and values that are texts,
 * true or false, or lists of texts. Values of other kinds are read over.
 */

export type TomlValue = string | boolean | readonly string[];

/** A table as it stands in the file: `[[registry]]` gives one for each. */
export interface TomlTable {
  /** `registry`, `registry.mirror`; '' for what stands before the first. */
  readonly name: string;
  readonly values: ReadonlyMap<string, TomlValue>;
}

const HEADER = /^\[\[?\s*([^\]]+?)\s*\]\]?$/;
const ENTRY = /^("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*=\s*(.*)$/s;
const TEXT = /"((?:[^"\\]|\\.)*)"|'([^']*)'/g;

/** In the order of the file. What cannot be understood is left out. */
export function parseToml(text: string): readonly TomlTable[] {
  let values = new Map<string, TomlValue>();
  const tables: { readonly name: string; readonly values: Map<string, TomlValue> }[] = [{ name: '', values }];
  for (const line of logicalLines(text)) {
    const header = HEADER.exec(line)?.[1];
    if (header !== undefined) {
      values = new Map();
      tables.push({ name: header.replaceAll(/["'\s]/g, ''), values });
      continue;
    }
    const [, key = '', value = ''] = ENTRY.exec(line) ?? [];
    const parsed = parseValue(value);
    if (key !== '' && parsed !== undefined) values.set(key.replaceAll(/["']/g, ''), parsed);
  }
  return tables;
}

function parseValue(text: string): TomlValue | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  const texts = [...text.matchAll(TEXT)].map(([, basic, literal]) => literal ?? unescape(basic ?? ''));
  if (text.startsWith('[')) return texts;
  return /^["']/.test(text) ? texts[0] : undefined;
}

function unescape(text: string): string {
  return text.replaceAll(/\\(["\\])/g, '$1');
}

/** Lines without their comments; a list that goes over several is one. */
function* logicalLines(text: string): Generator<string> {
  let open = '';
  for (const raw of text.split(/\r?\n/)) {
    const line = withoutComment(raw).trim();
    if (line === '') continue;
    open = open === '' ? line : `${open} ${line}`;
    const value = open.slice(open.indexOf('=') + 1).trim();
    if (open.includes('=') && value.startsWith('[') && !value.endsWith(']')) continue;
    yield open;
    open = '';
  }
}

function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at);
    if (quote === '' && character === '#') return line.slice(0, at);
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote && line.charAt(at - 1) !== '\\') quote = '';
  }
  return line;
}
