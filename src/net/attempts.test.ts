import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { attemptsAt, isPassing, PassingAnswer, retryAfter } from './attempts.ts';

const attempts = (signal?: AbortSignal) =>
  attemptsAt({
    signal,
    retryDelay: 1,
    unreachable: (cause) => new DecantError('NETWORK', 'unreachable', { cause }),
    interrupted: () => new DecantError('INTERRUPTED', 'interrupted'),
  });

const failing = (error: unknown, times: number) => {
  let count = 0;
  const work = (): Promise<number> =>
    (count += 1) <= times ? Promise.reject(error) : Promise.resolve(count);
  return { work, count: () => count };
};
const coded = (code: string): Error => Object.assign(new Error(code), { code });

describe('what is tried as often as it may pass', () => {
  test.each<[string, unknown, number]>([
    ['a broken connection', coded('ECONNRESET'), 5],
    ['a busy server', new PassingAnswer(503, 0), 5],
    ['a name that nobody has', coded('ENOTFOUND'), 1],
    ['a certificate of a stranger', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 1],
    ['a server that asks for an hour', new PassingAnswer(429, 3_600_000), 1],
    ['an error of our own', new DecantError('DIGEST_MISMATCH', 'wrong'), 1],
  ])('%s', async (_, error, times) => {
    const { work, count } = failing(error, Infinity);
    await expect(attempts().run(work)).rejects.toBeInstanceOf(DecantError);
    expect(count()).toBe(times);
  });

  test('succeeds in the end, and progress counts as success', async () => {
    expect(await attempts().run(failing(coded('EPIPE'), 4).work)).toBe(5);
    const patient = attempts();
    for (let count = 0; count < 20; count += 1) {
      patient.progressed();
      await patient.failed(coded('EPIPE'));
    }
  });

  test('ends at once when interrupted', async () => {
    const controller = new AbortController();
    const waiting = attempts(controller.signal).run(failing(new PassingAnswer(503, 30_000), Infinity).work);
    setTimeout(() => controller.abort(), 5);
    await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('Retry-After', () => {
  const now = (): number => Date.parse('Wed, 21 Oct 2015 07:28:00 GMT');
  test.each([
    ['120', 120_000],
    ['Wed, 21 Oct 2015 07:28:30 GMT', 30_000],
    ['Wed, 21 Oct 2015 07:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('%s', (value, milliseconds) => {
    expect(retryAfter(value, now)).toBe(milliseconds);
  });

  test('is for answers that pass', () => {
    expect([200, 404, 408, 425, 429, 500, 501, 503].filter(isPassing)).toEqual([408, 425, 429, 500, 503]);
  });
});
