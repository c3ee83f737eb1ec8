/** Which stages a target needs: those it stands on, and those that it copies or mounts from. */
import { DecantError } from '../../errors.ts';
import { nearest } from '../../suggest.ts';
import type { Dockerfile, Stage } from '../instruction.ts';
import type { ExpandedFrom } from './from-checks.ts';

export interface Wanted {
  readonly target?: string | undefined;
  readonly allStages: boolean;
}

/** @throws DecantError STAGE_UNKNOWN */
export function neededStages(
  { stages, file }: Dockerfile,
  bases: readonly Pick<ExpandedFrom, 'image'>[],
  { target, allStages }: Wanted,
): ReadonlySet<Stage> {
  if (target === undefined && allStages) return new Set(stages);
  const needed = new Set<Stage>();
  const waiting = [targetStage(stages, target, file)];
  for (let stage = waiting.pop(); stage; stage = waiting.pop()) {
    if (needed.has(stage)) continue;
    needed.add(stage);
    const base = bases[stage.index]?.image.toLowerCase();
    const names = stage.instructions.flatMap((each) => {
      if (each.kind === 'run') return each.mounts.flatMap(({ from }) => from ?? []);
      return each.kind === 'copy' && each.from !== undefined ? [each.from] : [];
    });
    const earlier = stages.slice(0, stage.index);
    for (const name of names.map((each) => each.toLowerCase())) {
      const found = /^\d+$/.test(name)
        ? earlier[Number(name)]
        : earlier.findLast((each) => each.name === name);
      if (found) waiting.push(found);
    }
    const parent = earlier.findLast(({ name }) => name !== undefined && name === base);
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
