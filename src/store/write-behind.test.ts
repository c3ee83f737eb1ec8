import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { writeBehind } from './write-behind.ts';

const MEGABYTES = 1024 * 1024;

/** A file that tells what it is asked for, and syncs when it is told to. */
function file(failure?: Error): {
  readonly calls: string[];
  readonly proceed: () => void;
  readonly datasync: () => Promise<void>;
  readonly sync: () => Promise<void>;
} {
  const calls: string[] = [];
  let proceed = (): void => undefined;
  return {
    calls,
    proceed: () => proceed(),
    datasync: () => {
      calls.push('datasync');
      return new Promise((resolve, reject) => {
        proceed = () => (failure ? reject(failure) : resolve());
      });
    },
    sync: () => {
      calls.push('sync');
      return Promise.resolve();
    },
  };
}

describe('writing behind', () => {
  test('a short file is synced once, at the end', async () => {
    const short = file();
    const behind = writeBehind(short);
    behind.wrote(MEGABYTES);
    await behind.finish();
    expect(short.calls).toEqual(['sync']);
  });

  test('a long file is synced on the way, once at a time', async () => {
    const long = file();
    const behind = writeBehind(long);
    for (let written = 0; written < 100; written += 1) behind.wrote(MEGABYTES);
    expect(long.calls).toEqual(['datasync']);
    long.proceed();
    await turn();
    behind.wrote(16 * MEGABYTES);
    expect(long.calls).toEqual(['datasync', 'datasync']);
    long.proceed();
    await behind.finish();
    expect(long.calls).toEqual(['datasync', 'datasync', 'sync']);
  });

  test('of several files one is synced at a time', async () => {
    const [one, other] = [file(), file()];
    const [first, second] = [writeBehind(one), writeBehind(other)];
    first.wrote(20 * MEGABYTES);
    second.wrote(20 * MEGABYTES);
    expect(other.calls).toEqual([]);
    one.proceed();
    await turn();
    second.wrote(1);
    expect(other.calls).toEqual(['datasync']);
    other.proceed();
    await Promise.all([first.finish(), second.finish()]);
  });

  test('what went wrong on the way is told at the end', async () => {
    const bad = file(new Error('EIO'));
    const behind = writeBehind(bad);
    behind.wrote(20 * MEGABYTES);
    bad.proceed();
    await expect(behind.finish()).rejects.toThrow('EIO');
    expect(bad.calls).toEqual(['datasync']);
  });

  test('a file that is given up tells nobody', async () => {
    const bad = file(new Error('EIO'));
    writeBehind(bad).wrote(20 * MEGABYTES);
    bad.proceed();
    await turn();
    const next = file();
    writeBehind(next).wrote(20 * MEGABYTES);
    expect(next.calls).toEqual(['datasync']);
    next.proceed();
    await turn();
  });
});
