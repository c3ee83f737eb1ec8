/**
 * How slow this machine is, for tests that say "soon": a limit of the processor's time that is ample on one machine must not
 * be too little on another. What the limit is for (work that grows with the square of its input, or worse) exceeds it all
 * the same.
 */

/** What `calculate` takes on the machine that limits are written for. */
const USUAL_MS = 25;

/** 1 on a machine as fast as that or faster, 5 on one that takes five times as long. */
export const SLOWNESS = Math.max(1, ...[1, 2, 3].map(() => processorTime(calculate) / USUAL_MS));

/** Milliseconds of the processor's time that the work takes; what else the machine does hardly counts. */
export function processorTime(work: () => unknown): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function calculate(): number {
  let state = 1;
  for (let round = 0; round < 20_000_000; round += 1)
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}
