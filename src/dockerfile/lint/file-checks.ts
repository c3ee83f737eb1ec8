/** What can be said of a Dockerfile without knowing any value: names, casing, comments, what is deprecated. */
import type { ArgInstruction, Dockerfile, FromInstruction, Instruction } from '../instruction.ts';
import type { Reporter } from './reporter.ts';
import { BUILDKIT_RULES as RULES } from './rules.ts';

const RESERVED_NAMES: ReadonlySet<string> = new Set(['context', 'scratch']);

export function checkFile(dockerfile: Dockerfile, reporter: Reporter): void {
  for (const { line } of dockerfile.warnings)
    reporter.report(RULES.NoEmptyContinuation, { start: line, end: line }, 'Empty continuation line');
  for (const instruction of dockerfile.globalArgs) checkDescription(instruction, reporter);
  for (const { from, instructions } of dockerfile.stages) {
    checkFrom(from, reporter.within(from.comments));
    for (const instruction of instructions) {
      const here = reporter.within(instruction.comments);
      if (instruction.kind === 'arg') checkDescription(instruction, here);
      if (instruction.kind === 'maintainer') {
        const message = 'Maintainer instruction is deprecated in favor of using label';
        here.report(RULES.MaintainerDeprecated, instruction.lines, message);
      }
    }
  }
  checkNames(dockerfile, reporter);
  checkCasing(dockerfile, reporter);
}

function checkFrom(from: FromInstruction, reporter: Reporter): void {
  const { as, keyword, lines } = from;
  if (!as) return;
  if (as.name !== as.name.toLowerCase())
    reporter.report(RULES.StageNameCasing, lines, `Stage name '${as.name}' should be lowercase`);
  const wanted = casingOf(keyword);
  if (wanted !== undefined && as.keyword !== inCase(as.keyword, wanted))
    reporter.report(
      RULES.FromAsCasing,
      lines,
      `'${as.keyword}' and '${keyword}' keywords' casing do not match`,
    );
  describe('FROM', [as.name.toLowerCase()], from, reporter);
}

function checkDescription(instruction: ArgInstruction, reporter: Reporter): void {
  describe(
    'ARG',
    instruction.args.map(({ name }) => name),
    instruction,
    reporter,
  );
}

function describe(
  what: string,
  names: readonly string[],
  { comments, lines }: Instruction | FromInstruction,
  reporter: Reporter,
): void {
  const last = comments.at(-1);
  if (last === undefined || names.includes(last.split(' ', 1)[0] ?? '')) return;
  const shown = names.length > 1 ? '<arg_key>' : (names[0] ?? '');
  const message = `Comment for ${what} should follow the format: \`# ${shown} <description>\``;
  reporter.report(RULES.InvalidDefinitionDescription, lines, message);
}

function checkNames({ stages }: Dockerfile, reporter: Reporter): void {
  const seen = new Set<string>();
  for (const { name, from } of stages) {
    if (name === undefined) continue;
    const here = reporter.within(from.comments);
    if (RESERVED_NAMES.has(name)) {
      const message = `Stage name should not use the same name as reserved stage "${name}"`;
      here.report(RULES.ReservedStageName, from.lines, message);
    }
    if (seen.has(name)) {
      const message = `Duplicate stage name "${name}", stage names should be unique`;
      here.report(RULES.DuplicateStageName, from.lines, message);
    }
    seen.add(name);
  }
}

/** Upper case wins where the two are equally frequent. */
function checkCasing({ stages }: Dockerfile, reporter: Reporter): void {
  const all = stages.flatMap(({ from, instructions }) => [from, ...instructions]);
  const casings = all.map(({ keyword }) => casingOf(keyword));
  const count = (casing: Casing): number => casings.filter((each) => each === casing).length;
  const wanted: Casing = count('lowercase') > count('uppercase') ? 'lowercase' : 'uppercase';
  for (const { keyword, lines, comments } of all) {
    if (keyword === inCase(keyword, wanted)) continue;
    const message = `Command '${keyword}' should match the case of the command majority (${wanted})`;
    reporter.within(comments).report(RULES.ConsistentInstructionCasing, lines, message);
  }
}

type Casing = 'lowercase' | 'uppercase';

function casingOf(keyword: string): Casing | undefined {
  if (keyword === keyword.toLowerCase()) return 'lowercase';
  return keyword === keyword.toUpperCase() ? 'uppercase' : undefined;
}

function inCase(text: string, casing: Casing): string {
  return casing === 'lowercase' ? text.toLowerCase() : text.toUpperCase();
}
