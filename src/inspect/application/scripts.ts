/** The first line of a script (execve(2), "Interpreter scripts"), and which runtimes file names tell of. */
import { baseName } from '../../tree/path.ts';
import type { Language, RuntimeNeed, ScriptNeed } from './facts.ts';

const LANGUAGES: readonly (readonly [RegExp, Language])[] = [
  [/^python[\d.]*$/, 'python'],
  [/^(?:node|nodejs)$/, 'node'],
  [/^ruby[\d.]*$/, 'ruby'],
  [/^perl[\d.]*$/, 'perl'],
  [/^php[\d.]*$/, 'php'],
  [/^java$/, 'java'],
];

const EXTENSIONS: ReadonlyMap<string, Language> = new Map([
  ['js', 'node'],
  ['mjs', 'node'],
  ['cjs', 'node'],
  ['rb', 'ruby'],
  ['pl', 'perl'],
  ['php', 'php'],
]);

/** Which language a program of this name is the runtime of: `/usr/bin/python3.13`. */
export function languageOf(program: string): Language | undefined {
  const name = baseName(program);
  return LANGUAGES.find(([pattern]) => pattern.test(name))?.[1];
}

/** The runtime that a file's name alone asks for. */
export function runtimeByName(path: string): RuntimeNeed | undefined {
  const language = EXTENSIONS.get(/\.([a-z]+)$/.exec(baseName(path))?.[1] ?? '');
  return language && { language, path, reason: `is a program in ${language}`, weak: true };
}

/**
 * What a script is started with: a runtime, which the base starts it with, or a program such as a shell. With
 * `/usr/bin/env` it is what env looks for.
 */
export function scriptNeeds(
  path: string,
  head: Buffer,
): { readonly runtime?: RuntimeNeed; readonly scripts: readonly ScriptNeed[] } {
  const [, program, argument] =
    /^#![ \t]*(\/[^\s]+)(?:[ \t]+(?:-S[ \t]+)?([^\s-][^\s]*))?/.exec(head.toString('latin1')) ?? [];
  if (program === undefined) return { scripts: [] };
  const throughEnv = baseName(program) === 'env' && argument !== undefined;
  const started = throughEnv ? argument : program;
  const language = languageOf(started);
  if (language) {
    const reason = `begins with #!${program}${throughEnv ? ` ${argument}` : ''}`;
    return { runtime: { language, path, reason }, scripts: [] };
  }
  const found = throughEnv ? [program, started.includes('/') ? started : `/usr/bin/${started}`] : [program];
  return { scripts: found.map((interpreter) => ({ path, interpreter })) };
}
