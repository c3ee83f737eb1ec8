import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OpenOptions } from './mounts.ts';
import { openStore } from './store.ts';
import type { Store } from './store.ts';

let root = '';
let store: Store;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'decant-mounts-'));
  store = await openStore(root);
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

const nothing = (): Promise<void> => Promise.resolve();
const open = (id: string, sharing: OpenOptions['sharing'], more: Partial<OpenOptions> = {}) =>
  store.mounts.open({ id }, { sharing, fill: nothing, ...more });

/** Whether the cache can be had at once. */
async function isFree(id: string, sharing: OpenOptions['sharing']): Promise<boolean> {
  const stop = new AbortController();
  const waiting = open(id, sharing, { signal: stop.signal, onWait: () => stop.abort() });
  return waiting.then(
    ({ release }) => {
      release();
      return true;
    },
    () => false,
  );
}

describe('one cache', () => {
  test.each([
    ['shared', 'shared', true],
    ['shared', 'locked', false],
    ['locked', 'shared', false],
    ['locked', 'locked', false],
    ['private', 'shared', false],
    ['shared', 'private', true],
  ] as const)('used %s, then wanted %s: %s', async (first, second, free) => {
    const { release } = await open('c', first);
    expect(await isFree('c', second)).toBe(free);
    release();
    expect(await isFree('c', second)).toBe(true);
  });

  test('keeps what it holds', async () => {
    const first = await open('c', 'shared');
    writeFileSync(join(first.path, 'file'), 'kept');
    first.release();
    const second = await open('c', 'locked');
    expect(readFileSync(join(second.path, 'file'), 'utf8')).toBe('kept');
    second.release();
  });

  test('is filled once, and not there when that fails', async () => {
    const failing = open('c', 'shared', { fill: () => Promise.reject(new Error('no')) });
    await expect(failing).rejects.toThrow('no');
    expect(store.mounts.list()).toEqual([]);
    let filled = 0;
    const fill = (directory: string): Promise<void> => {
      filled += 1;
      writeFileSync(join(directory, 'seed'), '');
      return Promise.resolve();
    };
    for (let turn = 0; turn < 2; turn += 1) (await open('c', 'shared', { fill })).release();
    expect(filled).toBe(1);
  });

  test('is another one with another owner, mode or beginning', async () => {
    const paths = new Set<string>();
    for (const identity of [{}, { uid: 1 }, { gid: 1 }, { mode: 0o700 }, { from: 'x' }]) {
      const { path, release } = await store.mounts.open(
        { id: 'c', ...identity },
        { sharing: 'shared', fill: nothing },
      );
      paths.add(path);
      release();
    }
    expect(paths.size).toBe(5);
  });

  test('private ones are several, and the first that is free is taken', async () => {
    const one = await open('c', 'private');
    const two = await open('c', 'private');
    expect(two.path).not.toBe(one.path);
    one.release();
    const three = await open('c', 'private');
    expect(three.path).toBe(one.path);
  });

  test('that a process which is gone had in use is free', async () => {
    const { path, release } = await open('c', 'locked');
    release();
    writeFileSync(join(path, '../users/alone.4194300-1-0-0123456789abcdef'), '');
    utimesSync(join(path, '../users/alone.4194300-1-0-0123456789abcdef'), 0, 0);
    expect(await isFree('c', 'locked')).toBe(true);
  });
});

test('a record that does not read is passed over, and its cache begins anew', async () => {
  const { path, release } = await open('c', 'shared');
  release();
  writeFileSync(join(path, '../about'), '{"id":');
  expect(store.mounts.list()).toEqual([]);
});

describe('prune', () => {
  test('removes caches by age, and not those in use', async () => {
    const old = await open('old', 'shared');
    old.release();
    utimesSync(join(old.path, '../about'), 0, 0);
    chmodSync(old.path, 0o700);
    (await open('young', 'shared')).release();
    const used = await open('used', 'shared');
    utimesSync(join(used.path, '../about'), 0, 0);
    expect((await store.prune()).mounts.count).toBe(1);
    expect(
      store.mounts
        .list()
        .map(({ identity }) => identity.id)
        .sort(),
    ).toEqual(['used', 'young']);
    used.release();
    expect((await store.prune({ all: true })).mounts.count).toBe(2);
    expect(readdirSync(join(root, 'mounts'))).toEqual([]);
  });
});
