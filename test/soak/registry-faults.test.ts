/** Five hundred pushes and pulls through a proxy that does harm at random: see test/support/registry-runs.ts. */
import { expect, test } from 'vitest';
import { FAULTS } from '../../src/registry/testing/faults.ts';
import { faultRun } from '../support/registry-runs.ts';

const RUNS = 500;
/** Side by side, for most of a run is waiting: for a connection that hangs, and before trying again. */
const LANES = 16;

test(`${RUNS} runs succeed or fail clearly, and no store ever holds a bad blob`, async () => {
  let [harmed, succeeded] = [0, 0];
  const happened = new Set<string>();
  const lane = async (first: number): Promise<void> => {
    for (let seed = first; seed < 1000 + RUNS; seed += LANES) {
      const { pushed, pulled, faults } = await faultRun(seed);
      for (const fault of faults) happened.add(fault);
      if (faults.length === 0) expect([seed, pushed, pulled]).toEqual([seed, true, true]);
      else harmed += 1;
      if (faults.length > 0 && pushed && pulled) succeeded += 1;
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, index) => lane(1000 + index)));
  // The runs would show nothing if nothing ever happened, or nothing ever came through.
  expect(harmed).toBeGreaterThan(RUNS / 4);
  expect(succeeded).toBeGreaterThan(RUNS / 20);
  expect([...happened].toSorted()).toEqual([...FAULTS].toSorted());
});
