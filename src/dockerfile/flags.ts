/** The flags of an instruction, checked against those it knows. */

import { syntaxError } from './failure.ts';
import { didYouMean } from '../suggest.ts';

export type FlagType = 'boolean' | 'string' | 'list';

export interface Flags {
  /** True or false as given, undefined when the flag is not there. */
  boolean(name: string): boolean | undefined;
  string(name: string): string | undefined;
  list(name: string): readonly string[];
}

/** Reads `--name`, `--name=value`; errors are worded as BuildKit words them. */
export function parseFlags(words: readonly string[], known: Readonly<Record<string, FlagType>>): Flags {
  const values = new Map<string, string[]>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const flag = equals === -1 ? word : word.slice(0, equals);
    const value = equals === -1 ? undefined : word.slice(equals + 1);
    const name = flag.slice(2);
    const type = Object.hasOwn(known, name) ? known[name] : undefined;
    if (type === undefined) throw syntaxError(`unknown flag: ${flag}`, flagHint(flag, Object.keys(known)));
    const earlier = values.get(name);
    if (earlier && type !== 'list') throw syntaxError(`duplicate flag specified: ${flag}`, 'give it once');
    values.set(name, [...(earlier ?? []), flagValue(flag, value, type)]);
  }
  return {
    boolean: (name) => {
      const value = values.get(name)?.[0];
      return value === undefined ? undefined : value === 'true';
    },
    string: (name) => values.get(name)?.[0],
    list: (name) => values.get(name) ?? [],
  };
}

/** Which instructions have a flag: one that is written at another is as frequent as one that is misspelt. */
const OWNERS: readonly (readonly [flags: RegExp, instruction: string])[] = [
  [/^--(?:mount|network|security|device)$/, 'RUN'],
  [/^--(?:from|parents)$/, 'COPY'],
  [/^--(?:chown|chmod|link|exclude)$/, 'COPY and ADD'],
  [/^--(?:checksum|keep-git-dir|unpack)$/, 'ADD'],
  [/^--(?:interval|timeout|start-period|start-interval|retries)$/, 'HEALTHCHECK'],
  [/^--platform$/, 'FROM'],
];

function flagHint(flag: string, known: readonly string[]): string | undefined {
  const owner = OWNERS.find(([flags]) => flags.test(flag))?.[1];
  if (owner !== undefined) return `it is a flag of ${owner}`;
  const options = known.map((name) => `--${name}`);
  return (
    didYouMean(flag, options) ??
    (known.length > 0 ? `the flags are ${options.join(', ')}` : 'it has no flags')
  );
}

function flagValue(flag: string, value: string | undefined, type: FlagType): string {
  if (type !== 'boolean') {
    if (value === undefined) throw syntaxError(`missing a value on flag: ${flag}`, `write ${flag}=VALUE`);
    return value;
  }
  if (value === '') throw syntaxError(`missing a value on flag: ${flag}`, `write ${flag} or ${flag}=false`);
  const lower = (value ?? 'true').toLowerCase();
  if (lower === 'true' || lower === 'false') return lower;
  throw syntaxError(
    `expecting boolean value for flag ${flag}, not: ${value}`,
    `write ${flag} or ${flag}=false`,
  );
}
