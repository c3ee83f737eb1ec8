/** The same as test/fault/kill.test.ts, for longer and with a seed of its own: SOAK_SEED repeats one. */
import { expect, test } from 'vitest';
import { killManyTimes } from '../fault/support/killing.ts';
import { temporary } from '../fault/support/place.ts';
import { USERS } from '../support/users.ts';

const SEED = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);
const TIMES = Number(process.env['SOAK_KILLS'] ?? 500);
const folder = temporary();

test.each(USERS)(
  `${TIMES} processes of $name killed at random moments (seed ${SEED}); then a build gives what it should`,
  async (user) => {
    expect.hasAssertions();
    await killManyTimes(`${folder}/${user.uid}`, TIMES, SEED, user);
  },
);
