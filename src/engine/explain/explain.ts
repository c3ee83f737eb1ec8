/** `--explain`: for each step why it was carried out or not, as events. */
import { type Emit, monotonic } from '../../events.ts';
import type { Operation } from '../../plan/operation.ts';
import type { JoinedPlan } from '../../plan/join-plans.ts';
import type { Inputs, KnownStep } from './inputs.ts';
import { reasons } from './reasons.ts';

export interface ExplainRequest {
  readonly plan: JoinedPlan;
  readonly inputs: Inputs;
  /** Read before what this build learned was written. */
  readonly previous: readonly KnownStep[] | undefined;
  readonly outcomeOf: (operation: Operation) => 'cached' | 'done' | 'other';
  readonly isForced: (operation: Operation) => boolean;
  readonly emit: Emit;
}

export function explain({ plan, inputs, previous, outcomeOf, isForced, emit }: ExplainRequest): void {
  const told = new Set<string>();
  for (const stage of plan.stages) {
    for (const [position, step] of stage.steps.entries()) {
      const operation = step.operation.kind === 'merge' ? step.operation.upper : step.operation;
      const outcome = outcomeOf(operation);
      if (operation.kind === 'source' || outcome === 'other' || told.has(step.id)) continue;
      told.add(step.id);
      const below = stage.steps[position - 1];
      const now = inputs.of(operation);
      emit({
        type: 'step.explained',
        time: monotonic(),
        id: step.id,
        reused: outcome === 'cached',
        reasons: reasons({
          outcome: outcome === 'cached' && !now ? 'unneeded' : outcome,
          isForced: isForced(operation),
          now,
          before: sameStep(previous ?? [], stage.name, step),
          hasPrevious: previous !== undefined,
          parent: below && `${below.text.split(' ', 1)[0]} in line ${below.line}`,
          filesOf: inputs.filesOf,
        }),
      });
    }
  }
}

/** By its text, and where that has changed by its place in the stage. */
function sameStep(
  known: readonly KnownStep[],
  stage: string,
  { text, index }: { readonly text: string; readonly index: number },
): KnownStep | undefined {
  const steps = known.filter((step) => step.stage === stage);
  const same = steps.filter((step) => step.text === text);
  return same.find((step) => step.index === index) ?? same[0] ?? steps.find((step) => step.index === index);
}
