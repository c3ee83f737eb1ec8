/**
 * Control data (deb822(5), Debian Policy 5.1): paragraphs of fields, `Name: value`, continued on lines that begin with
 * a space or a tab. Names are compared without regard to case.
 */
import { DecantError } from '../errors.ts';

/** The fields of one paragraph. */
export interface Fields {
  /**
   * The value, without the white space around it. Continuation lines follow after line feeds, each without its first
   * character; a value that begins on the second line begins with a line feed.
   */
  readonly get: (name: string) => string | undefined;
  /** Names as they are written, in their order. */
  readonly names: readonly string[];
}

export interface ControlOptions {
  /** What the text is called in errors. */
  readonly name?: string;
  /** Lines that begin with `#` are left out. */
  readonly comments?: boolean;
}

/** The one paragraph of a control file. Throws ARCHIVE_INVALID. */
export function parseControl(text: string, options: ControlOptions = {}): Fields {
  const [first, second] = parseParagraphs(text, options);
  if (!first || second) {
    const found = first ? 'more than one paragraph' : 'no fields';
    throw invalid(options, `it has ${found} where one paragraph is expected`);
  }
  return first;
}

/** All paragraphs; lines that are empty or blank stand between them. Throws ARCHIVE_INVALID. */
export function parseParagraphs(text: string, options: ControlOptions = {}): readonly Fields[] {
  const paragraphs: Fields[] = [];
  let fields = new Map<string, Field>();
  let last: Field | undefined;
  const close = (): void => {
    if (fields.size > 0) paragraphs.push(fieldsOf(fields));
    fields = new Map();
    last = undefined;
  };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (options.comments && line.startsWith('#')) continue;
    if (/^\s*$/.test(line)) {
      close();
    } else if (/^[ \t]/.test(line)) {
      if (!last) throw invalid(options, `line ${index + 1} continues nothing`);
      last.lines.push(line.slice(1).trimEnd());
    } else {
      last = fieldOf(line, index, options);
      const key = last.name.toLowerCase();
      if (fields.has(key)) throw invalid(options, `line ${index + 1} has ${last.name} once more`);
      fields.set(key, last);
    }
  }
  close();
  return paragraphs;
}

interface Field {
  readonly name: string;
  readonly lines: string[];
}

function fieldOf(line: string, index: number, options: ControlOptions): Field {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!/^[!-9;-~]+$/.test(name) || name.startsWith('-')) {
    throw invalid(options, `line ${index + 1} is no field: ${JSON.stringify(line.slice(0, 80))}`);
  }
  return { name, lines: [line.slice(colon + 1).trim()] };
}

function fieldsOf(fields: ReadonlyMap<string, Field>): Fields {
  return {
    get: (name) => fields.get(name.toLowerCase())?.lines.join('\n'),
    names: [...fields.values()].map((field) => field.name),
  };
}

function invalid({ name = 'control data' }: ControlOptions, why: string): DecantError {
  return new DecantError('ARCHIVE_INVALID', `${name}: ${why}`);
}
