/** Which stages a target needs: those it stands on, and those that it copies or mounts from. */
import { DecantError } from '../../errors.ts';
import { nearest } from '../../suggest.ts';
import type { Dockerfile, Stage } from '../instruction.ts';
import { parentOf } from './stage-names.ts';
import type { ExpandedFrom } from './from-checks.ts';

export interface Wanted {
  readonly target?: string | undefined;
  readonly allStages: boolean;
}

/** @throws DecantError STAGE_UNKNOWN */
export function neededStages(
  dockerfile: Dockerfile,
  bases: readonly Pick<ExpandedFrom, 'image'>[],
  { target, allStages }: Wanted,
): ReadonlySet<Stage> {
  const { stages, file } = dockerfile;
  if (target === undefined && allStages) return new Set(stages);
  const needed = new Set<Stage>();
  const waiting = [targetStage(stages, target, file)];
  for (let stage = waiting.pop(); stage; stage = waiting.pop()) {
    if (needed.has(stage)) continue;
    needed.add(stage);
    const names = stage.instructions.flatMap((each) => {
      if (each.kind === 'run') return each.mounts.flatMap(({ from }) => from ?? []);
      return each.kind === 'copy' && each.from !== undefined ? [each.from] : [];
    });
    for (const name of names) {
      const numbered = /^\d+$/.test(name) ? stages[Number(name)] : undefined;
      const found = numbered ?? parentOf(dockerfile, stage, name);
      if (found && found.index < stage.index) waiting.push(found);
    }
    const parent = parentOf(dockerfile, stage, bases[stage.index]?.image ?? '');
    if (parent) waiting.push(parent);
  }
  return needed;
}

export function targetStage(
  stages: readonly Stage[],
  target: string | undefined,
  file: string,
): Stage | undefined {
  if (target === undefined) return stages.at(-1);
  const found =
    stages.findLast(({ name }) => name === target.toLowerCase()) ??
    (/^\d+$/.test(target) ? stages[Number(target)] : undefined);
  if (found) return found;
  const near = nearest(
    target,
    stages.flatMap(({ name }) => name ?? []),
  );
  throw new DecantError('STAGE_UNKNOWN', `target stage "${target}" could not be found in ${file}`, {
    hint: near === undefined ? '`--call targets` lists the stages' : `did you mean ${near}?`,
  });
}
