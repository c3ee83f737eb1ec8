/**
 * Dockerfiles with one mistake each, in one file (`mistakes/mistakes.txt`), built in the context beside it:
 *
 *     === an option of RUN misspelt
 *     FROM base
 *     RUN --mont=type=cache,target=/c true
 *     --- buildkit 2 dockerfile parse error on line 2: unknown flag: --mont (did you mean mount?)
 *     --- decant 2 DOCKERFILE_SYNTAX dockerfile parse error on line 2: unknown flag: --mont
 *     --- hint did you mean --mount?
 *
 * What BuildKit says is recorded with the lines that it marks (`-` where it marks none). Where it marks some, decant has to
 * mark the same, unless `different` says why not.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Case } from './cases.ts';

export interface Mistake {
  readonly title: string;
  readonly dockerfile: string;
  readonly buildkit: Complaint;
  /** The message is a part of what is said; several codes are separated by `|`. */
  readonly decant: Complaint & { readonly code: string };
  readonly hint?: string | undefined;
  readonly different?: string | undefined;
}

interface Complaint {
  /** `3`, `3-5`, or `-` for none. */
  readonly lines: string;
  readonly message: string;
}

export async function loadMistakes(folder: string): Promise<Mistake[]> {
  const sections = (await readFile(join(folder, 'mistakes.txt'), 'utf8')).split(/^=== /m).slice(1);
  return sections.map((section) => {
    const [title = '', ...lines] = section.split('\n');
    const isNote = (line: string): boolean => line.startsWith('--- ');
    const notes = new Map(lines.filter(isNote).map((line) => firstWord(line.slice(4))));
    const [marked, message] = firstWord(notes.get('buildkit') ?? '');
    const [own, rest] = firstWord(notes.get('decant') ?? '');
    const [code, said] = firstWord(rest);
    return {
      title,
      dockerfile: lines
        .slice(0, lines.findIndex(isNote))
        .map((line) => `${line}\n`)
        .join(''),
      buildkit: { lines: marked, message },
      decant: { lines: own, message: said, code },
      hint: notes.get('hint'),
      different: notes.get('different'),
    };
  });
}

/** As a case of the suite, for any builder. */
export function mistakeCase({ dockerfile }: Mistake, folder: string, index: number): Case {
  return { name: `mistake-${index}`, folder: join(folder, 'context'), dockerfile };
}

function firstWord(text: string): [string, string] {
  const space = text.indexOf(' ');
  return space === -1 ? [text, ''] : [text.slice(0, space), text.slice(space + 1)];
}
