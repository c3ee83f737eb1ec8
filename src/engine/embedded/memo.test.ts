import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DecantError } from '../../errors.ts';
import { all, limiter, once } from './memo.ts';

test('once makes its promise when first asked, and one', async () => {
  let count = 0;
  const get = once(() => Promise.resolve(++count));
  expect(count).toBe(0);
  expect([await get(), await get()]).toEqual([1, 1]);
});

test('a limiter lets so many run at a time, also after failures', async () => {
  const limit = limiter(2);
  let [running, most] = [0, 0];
  const task = (fails: boolean) => async (): Promise<void> => {
    most = Math.max(most, ++running);
    await sleep(2);
    running -= 1;
    if (fails) throw new Error('no');
  };
  await Promise.allSettled(Array.from({ length: 9 }, (_, index) => limit(task(index % 3 === 0))));
  expect([most, running]).toEqual([2, 0]);
});

describe('all', () => {
  test('gives the results in order', async () => {
    expect(await all([Promise.resolve(1), 'a'] as const)).toEqual([1, 'a']);
  });

  test('waits for the others before it fails, with the failure that stopped them', async () => {
    let isEnded = false;
    const other = (async () => {
      await sleep(5);
      isEnded = true;
      throw new DecantError('INTERRUPTED', 'stopped');
    })();
    const failing = Promise.reject(new Error('the cause'));
    await expect(all([other, failing])).rejects.toThrow('the cause');
    expect(isEnded).toBe(true);
  });
});
