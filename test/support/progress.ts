/** What a build did, from its progress as JSON. */
import type { Event, StepInfo } from '../../src/events.ts';
import type { Ended } from './process.ts';
import type { DecantOptions, Workbench } from './workbench.ts';

export interface Progress extends Ended {
  readonly events: readonly Event[];
  readonly steps: readonly StepInfo[];
  /** The instructions of the steps that had an event of this type, in the order of the Dockerfile. */
  texts(type: Event['type']): readonly string[];
}

export async function progressOf(
  bench: Workbench,
  args: readonly string[],
  options?: DecantOptions,
): Promise<Progress> {
  const ended = await bench.decant(['build', '--progress', 'json', ...args], options);
  const lines = ended.stderr.split('\n').filter((line) => line.startsWith('{'));
  const events = lines.map((line) => JSON.parse(line) as Event);
  const steps = events.flatMap((event) => (event.type === 'build.start' ? event.steps : []));
  return {
    ...ended,
    events,
    steps,
    texts(type) {
      const ids = new Set(events.flatMap((event) => (event.type === type && 'id' in event ? event.id : [])));
      return steps.filter(({ id }) => ids.has(id)).map(({ text }) => text);
    },
  };
}

/** The instructions that were carried out, not found in the cache; FROM never counts. */
export async function ranSteps(bench: Workbench, args: readonly string[]): Promise<readonly string[]> {
  const progress = await progressOf(bench, args);
  if (progress.status !== 0) throw new Error(progress.stderr);
  return progress.texts('step.start').filter((text) => !text.startsWith('FROM '));
}
