/** Which steps of the Dockerfile are under way, told as events. One operation may be several steps of several stages. */
import { type Emit, monotonic, type StepInfo } from '../../events.ts';
import type { Operation } from '../../plan/operation.ts';
import type { PlannedStage } from '../../plan/plan.ts';

export interface Steps {
  start(operation: Operation): void;
  cached(operation: Operation): void;
  done(operation: Operation): void;
  failed(operation: Operation, message: string): void;
  output(operation: Operation, stream: 'stdout' | 'stderr', text: string): void;
  /** Ends what never began: canceled after a failure, else not needed because what follows was in the cache. */
  finish(succeeded: boolean): void;
  readonly total: number;
  cachedCount(): number;
  readonly outcomeOf: (operation: Operation) => 'cached' | 'done' | 'other';
}

type Status = 'waiting' | 'running' | 'cached' | 'done' | 'failed';

export function trackSteps(stages: readonly PlannedStage[], emit: Emit): Steps {
  const byOperation = new Map<Operation, StepInfo[]>();
  const status = new Map<Operation, Status>();
  let total = 0;
  const all = stages.flatMap((stage) => stage.steps);
  for (const { operation: planned, ...info } of new Map(all.map((step) => [step.id, step])).values()) {
    // Of COPY --link, the work is the layer that is laid on top.
    const operation = planned.kind === 'merge' ? planned.upper : planned;
    const steps = byOperation.get(operation) ?? [];
    byOperation.set(operation, [...steps, info]);
    status.set(operation, 'waiting');
    // A base is not made, so it cannot be found made.
    if (operation.kind !== 'source') total += 1;
  }
  const each = (
    operation: Operation,
    from: readonly Status[],
    to: Status,
    tell: (id: string) => void,
  ): void => {
    const now = status.get(operation);
    if (now === undefined || !from.includes(now)) return;
    status.set(operation, to);
    for (const { id } of byOperation.get(operation) ?? []) tell(id);
  };
  const time = monotonic;
  const cached = (operation: Operation): void =>
    each(operation, ['waiting'], 'cached', (id) => emit({ type: 'step.cached', time: time(), id }));
  return {
    total,
    start: (operation) =>
      each(operation, ['waiting', 'cached'], 'running', (id) =>
        emit({ type: 'step.start', time: time(), id }),
      ),
    cached,
    done: (operation) =>
      each(operation, ['running'], 'done', (id) => emit({ type: 'step.done', time: time(), id })),
    failed: (operation, message) =>
      each(operation, ['waiting', 'running'], 'failed', (id) =>
        emit({ type: 'step.failed', time: time(), id, message }),
      ),
    output(operation, stream, text) {
      const id = byOperation.get(operation)?.[0]?.id;
      if (id !== undefined) emit({ type: 'step.output', time: time(), id, stream, text });
    },
    finish(succeeded) {
      for (const operation of byOperation.keys()) {
        if (succeeded) cached(operation);
        else {
          each(operation, ['waiting', 'running'], 'waiting', (id) =>
            emit({ type: 'step.canceled', time: time(), id }),
          );
        }
      }
    },
    outcomeOf(operation) {
      const now = status.get(operation);
      return now === 'cached' || now === 'done' ? now : 'other';
    },
    cachedCount() {
      let count = 0;
      for (const [operation, steps] of byOperation)
        if (status.get(operation) === 'cached' && operation.kind !== 'source') count += steps.length;
      return count;
    },
  };
}
