import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { DecantError } from '../../errors.ts';
import { ahead, never, signalled } from './ahead.ts';

describe('work ahead of its turn', () => {
  test('is not begun without the signal', async () => {
    let isBegun = false;
    const work = ahead(never(), async () => void (isBegun = true));
    expect(await work.until(Promise.resolve('turn'))).toBe('turn');
    expect([isBegun, work.hasBegun()]).toEqual([false, false]);
  });

  test('is begun by the signal, and waited for', async () => {
    const { signal, give } = signalled();
    const turn = signalled();
    const events: string[] = [];
    const work = ahead(signal, async () => {
      events.push('begun');
      await turn.signal;
      await setImmediate();
      events.push('done');
    });
    const over = work.until(turn.signal).then(() => events.push('over'));
    give();
    await setImmediate();
    expect([events, work.hasBegun()]).toEqual([['begun'], true]);
    turn.give();
    await over;
    expect(events).toEqual(['begun', 'done', 'over']);
  });

  test('is not begun by a signal that comes after the turn', async () => {
    const { signal, give } = signalled();
    const work = ahead(signal, () => Promise.reject(new Error('not wanted')));
    await work.until(Promise.resolve());
    give();
    await setImmediate();
    expect(work.hasBegun()).toBe(false);
  });

  test.each([
    ['work', () => Promise.reject(stopped()), () => Promise.reject(new Error('the cause'))],
    ['turn', () => Promise.reject(new Error('the cause')), () => Promise.reject(stopped())],
    ['work alone', () => Promise.resolve(), () => Promise.reject(new Error('the cause'))],
  ])('fails with the failure that stopped the other: of the %s', async (_, turn, failing) => {
    const { signal, give } = signalled();
    const work = ahead(signal, failing);
    give();
    await expect(work.until(setImmediate().then(turn))).rejects.toThrow('the cause');
  });

  const stopped = (): DecantError => new DecantError('INTERRUPTED', 'the build was stopped');
});
