/** Variables as the linter follows them: the global ones, and expansion that tells which names had no value. */
import type { Dockerfile } from '../instruction.ts';
import type { LineRange } from '../ast.ts';
import { DecantError } from '../../errors.ts';
import type { Lookup } from '../word-scanner.ts';
import { expandTracked, type Expansion } from '../words.ts';

export interface Globals {
  readonly values: ReadonlyMap<string, string>;
  /** Declared with ARG, whether they have a value or not. */
  readonly declared: ReadonlySet<string>;
}

/** The ARG instructions before the first FROM, each seeing those before it and the automatic ones. */
export function globalsOf(
  { globalArgs, directives }: Dockerfile,
  automatic: ReadonlyMap<string, string>,
  buildArguments: ReadonlyMap<string, string>,
): Globals {
  const values = new Map(automatic);
  const declared = new Set<string>();
  for (const { name, value } of globalArgs.flatMap(({ args }) => args)) {
    declared.add(name);
    const given = buildArguments.get(name);
    const chosen =
      given ??
      (value === undefined
        ? undefined
        : expandTracked(value, (other) => values.get(other), { escape: directives.escape }).text);
    if (chosen !== undefined) values.set(name, chosen);
  }
  return { values, declared };
}

/** Expands; an error learns its place. */
export function expandAt(
  { file, source, directives }: Dockerfile,
  word: string,
  lookup: Lookup,
  lines: LineRange,
): Expansion {
  return located({ file, source }, lines, () => expandTracked(word, lookup, { escape: directives.escape }));
}

export function located<T>(
  { file, source }: Pick<Dockerfile, 'file' | 'source'>,
  { start, end }: LineRange,
  work: () => T,
): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DecantError ? error.at({ file, start, end, source }) : error;
  }
}
