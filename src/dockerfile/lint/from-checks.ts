/** FROM: what its variables come to, and what its platform says. */
import type { Dockerfile, Stage } from '../instruction.ts';
import { syntaxError } from '../failure.ts';
import { nearestExactly } from '../../suggest.ts';
import type { LintOptions, PlatformText } from './options.ts';
import type { Reporter } from './reporter.ts';
import { BUILDKIT_RULES as RULES } from './rules.ts';
import { expandAt, globalsOf, type Globals } from './variables.ts';

/** With more variables than anyone has, searching all of them for a similar name would take its time. */
const MOST_SUGGESTED = 1000;

/** Base names have to be names also when nobody gives a build argument. */
export function checkDefaults(dockerfile: Dockerfile, options: LintOptions, reporter: Reporter): void {
  let defaults: Globals;
  try {
    defaults = globalsOf(dockerfile, options.automatic, new Map());
  } catch {
    // What is wrong with it is said where the real values are put in.
    return;
  }
  for (const { from } of dockerfile.stages) {
    let name: string;
    try {
      name = expandAt(dockerfile, from.image, (key) => defaults.values.get(key), from.lines).text;
    } catch {
      return;
    }
    if (options.isImageName(name)) continue;
    const message = `Default value for ARG ${from.image} results in empty or invalid base image name`;
    reporter.within(from.comments).report(RULES.InvalidDefaultArgInFrom, from.lines, message);
  }
}

export interface ExpandedFrom {
  readonly image: string;
  readonly platform?: PlatformText | undefined;
}

export function checkFromVariables(
  dockerfile: Dockerfile,
  { from, name = '' }: Stage,
  globals: Globals,
  options: LintOptions,
  outer: Reporter,
): ExpandedFrom {
  const reporter = outer.within(from.comments);
  const { lines } = from;
  const lookup = (key: string): string | undefined => globals.values.get(key);
  const reportUnset = (names: readonly string[]): void => {
    for (const unset of names) {
      if (globals.declared.has(unset)) continue;
      const names = [...globals.declared, ...globals.values.keys()];
      const near = names.length > MOST_SUGGESTED ? undefined : nearestExactly(unset, names);
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
      reporter.report(RULES.UndefinedArgInFrom, lines, `FROM argument '${unset}' is not declared${hint}`);
    }
  };
  const image = expandAt(dockerfile, from.image, lookup, lines);
  reportUnset(image.unset);
  if (image.text === '') {
    const place = { file: dockerfile.file, source: dockerfile.source, ...lines };
    throw syntaxError(`base name (${from.image}) should not be blank`).at(place);
  }
  if (from.platform === undefined) return { image: image.text };
  const written = expandAt(dockerfile, from.platform, lookup, lines);
  reportUnset(written.unset);
  const isTarget = written.used.length === 1 && written.used[0] === 'TARGETPLATFORM';
  if (isTarget && written.unset.length === 0 && written.text === lookup('TARGETPLATFORM')) {
    const message = `Setting platform to predefined ${from.platform} in FROM is redundant as this is the default behavior`;
    reporter.report(RULES.RedundantTargetPlatform, lines, message);
  }
  const platform = options.parsePlatform(written.text);
  const isConstant = written.used.length === 0 && written.unset.length === 0;
  if (isConstant && platform && !name.includes(platform.os) && !name.includes(platform.architecture)) {
    const message = `FROM --platform flag should not use constant value "${written.text}"`;
    reporter.report(RULES.FromPlatformFlagConstDisallowed, lines, message);
  }
  return { image: image.text, platform };
}
