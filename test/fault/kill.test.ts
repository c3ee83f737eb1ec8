/** `kill -9` at any moment leaves nothing that a later process trips over. */
import { expect, test } from 'vitest';
import { SELF, USERS } from '../support/users.ts';
import { killManyTimes } from './support/killing.ts';
import { temporary } from './support/place.ts';

const folder = temporary();

test.each(USERS)(
  'processes of $name killed at random moments; then a build gives what it should',
  async (user) => {
    expect.hasAssertions();
    const times = user === SELF ? 50 : 15;
    await killManyTimes(`${folder}/${user.uid}`, times, 20, user);
  },
);
