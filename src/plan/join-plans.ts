/**
 * The plans of one Dockerfile for several platforms as one: a stage, or the beginning of a stage, that is the same
 * operation for all of them (`FROM --platform=$BUILDPLATFORM`) is there once. As BuildKit does, a step says for which
 * platform it is done, and where it is done for another than its own also that: `linux/amd64->arm64`.
 */
import type { Dockerfile } from '../dockerfile/instruction.ts';
import type { Platform } from '../oci/platform.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Plan, PlannedStage, PlannedStep } from './plan.ts';

export interface PlannedTarget {
  readonly platform: Platform;
  readonly stage: PlannedStage;
}

export interface JoinedPlan {
  readonly dockerfile: Dockerfile;
  readonly sourceDateEpoch?: string | undefined;
  /** One for each platform, in the order in which they were asked for; at least one. */
  readonly targets: readonly PlannedTarget[];
  /** The targets and every stage they need, in the Dockerfile's order; steps with the same id are the same step. */
  readonly stages: readonly PlannedStage[];
  readonly warnings: Plan['warnings'];
}

/** @param plans Made with one graph; at least one. */
export function joinPlans(plans: readonly Plan[]): JoinedPlan {
  const [first] = plans as readonly [Plan, ...Plan[]];
  const rename = plans.length > 1 ? renamer(plans) : (stage: PlannedStage) => stage;
  const stages: PlannedStage[] = [];
  const targets: PlannedTarget[] = [];
  for (const { platform, target, stages: own } of plans) {
    for (const stage of own) {
      const known = stages.find(({ index, operation }) => sameStage(stage, { index, operation }));
      const named = rename(stage, platform);
      if (!known) stages.push(named);
      // What is shared may still have a config of its own.
      if (stage === target) targets.push({ platform, stage: named });
    }
  }
  const warnings = plans.flatMap((plan) => plan.warnings);
  return {
    dockerfile: first.dockerfile,
    sourceDateEpoch: first.sourceDateEpoch,
    targets,
    stages: stages.sort((a, b) => a.index - b.index),
    warnings: [...new Map(warnings.map((warning) => [JSON.stringify(warning), warning])).values()],
  };
}

type Same = Pick<PlannedStage, 'index' | 'operation'>;

function sameStage(one: Same, other: Same): boolean {
  return one.index === other.index && one.operation === other.operation;
}

function renamer(plans: readonly Plan[]) {
  const idOf = (stage: PlannedStage, step: PlannedStep): string =>
    `${stage.index} ${step.index} ${step.operation.digest}`;
  /** The platforms of the stages that have the step. */
  const users = new Map<string, string[]>();
  for (const stage of plans.flatMap((plan) => plan.stages)) {
    for (const step of stage.steps) {
      const id = idOf(stage, step);
      users.set(id, [...(users.get(id) ?? []), formatPlatform(stage.platform)]);
    }
  }
  // Files that are the same for every platform are of none.
  const sharedName = (stage: PlannedStage, platforms: readonly string[]): string =>
    new Set(platforms).size > 1 ? stage.name : `${platforms[0]} ${stage.name}`;
  const known = new Map<string, PlannedStep>();
  return (stage: PlannedStage, platform: Platform): PlannedStage => {
    const same = plans.flatMap((plan) => plan.stages).filter((other) => sameStage(stage, other));
    const platforms = same.map((other) => formatPlatform(other.platform));
    const own = `${between(stage.platform, platform)} ${stage.name}`;
    const name = same.length > 1 ? sharedName(stage, platforms) : own;
    const steps = stage.steps.map((step) => {
      const id = idOf(stage, step);
      const shared = known.get(id);
      if (shared) return shared;
      const using = users.get(id) ?? [];
      const isShared = using.length > 1;
      const renamed = {
        ...step,
        id: `${step.id}@${isShared ? 'all' : formatPlatform(platform)}`,
        stage: isShared ? sharedName(stage, using) : own,
      };
      known.set(id, renamed);
      return renamed;
    });
    return { ...stage, name, steps };
  };
}

/** `linux/amd64`, or `linux/amd64->arm64` for a stage of one platform that makes something for another. */
function between(own: Platform, target: Platform): string {
  const [from, to] = [formatPlatform(own), formatPlatform(target)];
  if (from === to) return from;
  return `${from}->${own.os === target.os ? to.slice(target.os.length + 1) : to}`;
}
