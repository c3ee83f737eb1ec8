/** Pushing and pulling where the network and the registry do what they should not. */
import { describe, expect, test } from 'vitest';
import { faultRun } from '../support/registry-runs.ts';

describe('a push and a pull through harm', () => {
  test.each(Array.from({ length: 30 }, (_, index) => index + 1))(
    'run %i succeeds or fails clearly',
    async (seed) => {
      const { pushed, pulled, faults } = await faultRun(seed);
      // Without harm there is no excuse.
      if (faults.length === 0) expect([pushed, pulled]).toEqual([true, true]);
    },
  );
});
