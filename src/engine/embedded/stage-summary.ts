/**
 * What each stage of a build holds, what it began on, and what was brought into it from other stages, images and
 * contexts: looked up, never worked out, so that telling costs a cached build nothing.
 */
import type { BuildSummary, PourSummary, StageSummary } from '../../events.ts';
import type { CopyAction, CopyFrom, Operation } from '../../plan/operation.ts';
import type { JoinedPlan } from '../../plan/join-plans.ts';
import type { PlannedStage } from '../../plan/plan.ts';
import { all } from './memo.ts';
import type { StateOf } from './state.ts';

export function stageSummaries(plan: JoinedPlan, stateOf: StateOf): Promise<readonly StageSummary[]> {
  return all(
    plan.stages.map(async (stage): Promise<StageSummary> => {
      const size = await stateOf(stage.operation).knownSize();
      const poured = await all(stage.steps.map(({ operation }) => poursOf(operation, plan, stateOf)));
      return {
        stage: stage.name,
        isTarget: plan.targets.some((target) => target.stage.index === stage.index),
        from: beginningOf(stage, plan),
        ...(size === undefined ? {} : { size }),
        poured: poured.flat(),
      };
    }),
  );
}

/** The sizes of stages that are in no image, where they are known. */
export function leftBehind(
  { stages, targets }: JoinedPlan,
  stateOf: StateOf,
): Promise<BuildSummary['leftBehind']> {
  const others = stages.filter(({ index }) => targets.every(({ stage }) => stage.index !== index));
  return Promise.all(
    others.map(async ({ name, operation }) => {
      const size = await stateOf(operation).knownSize();
      return size === undefined ? { stage: name } : { stage: name, size };
    }),
  );
}

/** Of a COPY or ADD the places it takes from, each with its paths. */
async function poursOf(
  operation: Operation,
  plan: JoinedPlan,
  stateOf: StateOf,
): Promise<readonly PourSummary[]> {
  const copy = copyOf(operation);
  if (!copy || (operation.kind !== 'file' && operation.kind !== 'merge')) return [];
  const paths = new Map<Operation, string[]>();
  for (const source of copy.sources) {
    if (source.type === 'path') paths.set(source.from, [...(paths.get(source.from) ?? []), pathOf(source)]);
  }
  const [whole, below] = await all([stateOf(operation).knownSize(), stateOf(operation.input).knownSize()]);
  // What the instruction has added; of several places nobody knows which has given how much.
  const isKnown = whole !== undefined && below !== undefined && paths.size === 1;
  return [...paths].map(([from, taken]) => ({
    ...nameOf(from, plan),
    paths: taken,
    ...(isKnown ? { size: whole - below } : {}),
  }));
}

function copyOf(operation: Operation): CopyAction | undefined {
  if (operation.kind === 'merge') return copyOf(operation.upper);
  return operation.kind === 'file' && operation.action.type === 'copy' ? operation.action : undefined;
}

function pathOf({ pattern, below }: Extract<CopyFrom, { type: 'path' }>): string {
  return below === undefined ? pattern : `${pattern.replace(/\/$/, '')}/${below}`;
}

function nameOf(from: Operation, { stages }: JoinedPlan): Pick<PourSummary, 'kind' | 'from'> {
  const stage = stages.find(({ operation }) => operation === from);
  if (stage) return { kind: 'stage', from: stage.name };
  const source = from.kind === 'source' ? from.source : undefined;
  switch (source?.type) {
    case 'image':
      return { kind: 'image', from: source.image.reference };
    case 'context':
      return { kind: 'context', from: source.name };
    case 'http':
      return { kind: 'address', from: source.url };
    case 'git':
      return { kind: 'address', from: source.reference.remote };
    default:
      return { kind: 'image', from: 'scratch' };
  }
}

/** The stage that it goes on from, else the image. */
function beginningOf(
  { index, base }: PlannedStage,
  { dockerfile, stages }: JoinedPlan,
): StageSummary['from'] {
  const name = dockerfile.stages[index]?.from.image.toLowerCase();
  const parent = stages.find((other) => other.index < index && other.name === name);
  if (parent) return { kind: 'stage', name: parent.name };
  return { kind: 'image', name: base?.reference ?? 'scratch' };
}
