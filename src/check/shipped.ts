/** What the final image holds that the application does not need. */
import type { Reporter } from '../dockerfile/lint/reporter.ts';
import { OWN_RULES as RULES } from './own-rules.ts';
import { checkPackages, installedCompilers } from './package-checks.ts';
import type { StageView, Step } from './stage-view.ts';

export async function checkShipped(views: readonly StageView[], outer: Reporter): Promise<void> {
  for (const view of views) {
    for (const { instruction } of view.steps) {
      if (instruction.kind !== 'run') continue;
      checkPackages(instruction, view.isShipped, view.env, outer.within(instruction.comments));
    }
  }
  const target = views.find(({ isTarget }) => isTarget);
  if (!target) return;
  const chain = views.filter(({ isShipped }) => isShipped);
  await checkBase(target, outer.within(target.stage.from.comments));
  for (const { instruction, word } of chain.flatMap(({ steps }) => steps)) {
    const reporter = outer.within(instruction.comments);
    if (instruction.kind === 'run') {
      const [compiler] = installedCompilers(instruction);
      const message = `RUN installs ${compiler ?? ''}, a compiler, into the final image`;
      if (compiler !== undefined) reporter.report(RULES.CompilerShipped, instruction.lines, message);
    }
    if ((instruction.kind === 'copy' || instruction.kind === 'add') && copiesContext(instruction, word)) {
      const message = `${instruction.keyword.toUpperCase()} brings the whole context into the final image`;
      reporter.report(RULES.SourceTreeShipped, instruction.lines, message);
    }
  }
  checkUser(target, chain, outer);
}

async function checkBase({ base, image, stage }: StageView, reporter: Reporter): Promise<void> {
  const { compiler, packageManager } = (await base?.inside()) ?? {};
  const { lines } = stage.from;
  if (compiler !== undefined)
    reporter.report(
      RULES.CompilerShipped,
      lines,
      `the final stage stands on ${image}, which has ${compiler}`,
    );
  else if (packageManager !== undefined)
    reporter.report(
      RULES.PackageManagerShipped,
      lines,
      `the final stage stands on ${image}, which has ${packageManager}`,
    );
}

function copiesContext(
  instruction: Extract<Step['instruction'], { kind: 'copy' | 'add' }>,
  word: Step['word'],
): boolean {
  if (instruction.kind === 'copy' && instruction.from !== undefined) return false;
  if (instruction.exclude.length > 0) return false;
  return instruction.sources.some((source) => /^\.?\/?$/.test(word(source) ?? 'unknown'));
}

/** The last USER counts, else the base's; where that is not known, nothing is said. */
function checkUser(target: StageView, chain: readonly StageView[], outer: Reporter): void {
  const last = chain.flatMap(({ steps }) => steps).findLast(({ instruction }) => instruction.kind === 'user');
  const instruction = last?.instruction ?? target.stage.from;
  const user = last?.instruction.kind === 'user' ? last.word(last.instruction.user) : target.base?.user;
  const name = user?.split(':', 1)[0];
  if (name === undefined || !/^(?:root|0+)?$/.test(name)) return;
  const message = last ? `USER ${user}: the container runs as root` : 'no USER: the container runs as root';
  outer.within(instruction.comments).report(RULES.RootUser, instruction.lines, message);
}
