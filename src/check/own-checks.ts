/** decant's own checks of a whole Dockerfile. */
import type { Dockerfile } from '../dockerfile/instruction.ts';
import type { LintOptions } from '../dockerfile/lint/options.ts';
import type { Reporter } from '../dockerfile/lint/reporter.ts';
import type { BaseKnowledge } from './base.ts';
import { checkRunnable } from './runnable.ts';
import { checkSecretValues } from './secret-values.ts';
import { checkShipped } from './shipped.ts';
import { checkSources } from './source-checks.ts';
import { viewStages } from './stage-view.ts';

export async function checkOwn(
  dockerfile: Dockerfile,
  options: LintOptions,
  reporter: Reporter,
  findBase: (name: string, platform: string | undefined) => Promise<BaseKnowledge | undefined>,
): Promise<void> {
  const views = await viewStages(dockerfile, options, findBase);
  await checkRunnable(views, reporter);
  await checkShipped(views, reporter);
  checkSources(views, reporter);
  for (const { stage } of views)
    for (const instruction of [stage.from, ...stage.instructions])
      checkSecretValues(instruction, reporter.within(instruction.comments));
  for (const instruction of dockerfile.globalArgs)
    checkSecretValues(instruction, reporter.within(instruction.comments));
}
