/** Which stage of a Dockerfile a name or number means: of `--target`, and of `--from` (BuildKit's `dispatchStates`). */
import type { Dockerfile, Stage } from '../dockerfile/instruction.ts';
import { DecantError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';

/** @throws DecantError STAGE_UNKNOWN */
export function findTarget(dockerfile: Dockerfile, target: string | undefined): Stage {
  const { stages } = dockerfile;
  if (target === undefined) return stages.at(-1) as Stage;
  const found =
    stages.findLast((stage) => stage.name === target.toLowerCase()) ??
    (/^\d+$/.test(target) ? stages[Number(target)] : undefined);
  if (found) return found;
  const names = stages.flatMap((stage) => stage.name ?? []);
  throw new DecantError(
    'STAGE_UNKNOWN',
    `target stage "${target}" could not be found in ${dockerfile.file}`,
    {
      hint:
        didYouMean(target, names) ??
        (names.length > 0
          ? `its stages are: ${names.join(', ')}`
          : 'none of its stages has a name; give a number'),
    },
  );
}

/** The stage that has this name or number, wherever it stands; of several of one name the last before this one. */
export function stageNamed({ stages }: Dockerfile, name: string, current: Stage): Stage | undefined {
  if (/^\d+$/.test(name)) return stages[Number(name)];
  const wanted = name.toLowerCase();
  const isMeant = (stage: Stage): boolean => stage.name === wanted;
  return stages.slice(0, current.index).findLast(isMeant) ?? stages.find(isMeant);
}

/**
 * The stage that `--from` means, or undefined where it can only be an image.
 *
 * @throws DecantError STAGE_UNKNOWN, STAGE_CYCLE
 */
export function findSource({ stages }: Dockerfile, name: string, current: Stage): Stage | undefined {
  if (/^\d+$/.test(name)) {
    const stage = stages[Number(name)];
    if (stage && stage.index < current.index) return stage;
    if (stage === current)
      throw new DecantError('STAGE_CYCLE', `circular dependency detected on stage: ${name}`);
    throw new DecantError('STAGE_UNKNOWN', `invalid stage index ${name}`, {
      hint: 'stages are counted from 0, and only earlier ones can be copied from',
    });
  }
  const wanted = name.toLowerCase();
  const earlier = stages.slice(0, current.index).findLast((stage) => stage.name === wanted);
  if (earlier) return earlier;
  if (current.name === wanted)
    throw new DecantError('STAGE_CYCLE', `circular dependency detected on stage: ${wanted}`, {
      hint: 'a stage cannot copy from itself; an image of that name needs its whole name or a tag',
    });
  if (stages.some((stage) => stage.name === wanted)) {
    const here = current.name ?? String(current.index);
    throw new DecantError(
      'STAGE_CYCLE',
      `cannot copy from stage "${wanted}", it needs to be defined before current stage "${here}"`,
      { hint: `move the stage ${wanted} up` },
    );
  }
  return undefined;
}
