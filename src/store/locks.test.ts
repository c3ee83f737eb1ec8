import { readdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { self } from './owner.ts';
import { testStore } from './testing.ts';

const DEAD = `${self().pid}-1-${self().namespace}-0123456789abcdef`;
const FOREIGN = `1-1-1-0123456789abcdef`;

test('a lock is held by one at a time, in the order they get it', async () => {
  await using place = await testStore();
  const { locks } = place.store;
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setTimeout(resolve, 1));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 10 }, () => locks.hold('x', work)));
  expect(most).toBe(1);
  expect(readdirSync(join(place.root, 'locks'))).toEqual(['use']);
});

test('a lock is released when the work fails', async () => {
  await using place = await testStore();
  const { locks } = place.store;
  await expect(locks.hold('x', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  (await locks.acquire('x', { timeout: 0 }))();
});

test('waiting ends with the time, naming who holds it and what to do', async () => {
  await using place = await testStore();
  const release = await place.store.locks.acquire('x');
  await expect(place.store.locks.acquire('x', { timeout: 20 })).rejects.toMatchObject({
    code: 'STORE_BUSY',
    message: `lock x is in use by process ${process.pid}`,
    hint: expect.stringContaining(join(place.root, 'locks/x')) as string,
  });
  release();
});

test('waiting ends when it is interrupted', async () => {
  await using place = await testStore();
  const release = await place.store.locks.acquire('x');
  const interrupt = new AbortController();
  const waiting = place.store.locks.acquire('x', { signal: interrupt.signal });
  setTimeout(() => interrupt.abort(), 20);
  await expect(waiting).rejects.toMatchObject({ code: 'INTERRUPTED' });
  release();
});

test('a lock whose owner is gone is broken, also when who broke it died meanwhile', async () => {
  await using place = await testStore();
  await place.store.blobs.putBytes(Buffer.from('x'));
  const path = join(place.root, 'locks/x');
  symlinkSync(DEAD, path);
  symlinkSync(DEAD, `${path}.break.${DEAD}.0`);
  symlinkSync(DEAD, `${path}.break.${DEAD}.1`);
  (await place.store.locks.acquire('x', { timeout: 60_000 }))();
  expect(readdirSync(join(place.root, 'locks'))).toEqual(['use']);
});

test('a lock of another pid namespace is respected, and a file that is no lock is not removed', async () => {
  await using place = await testStore();
  await place.store.blobs.putBytes(Buffer.from('x'));
  symlinkSync(FOREIGN, join(place.root, 'locks/x'));
  await expect(place.store.locks.acquire('x', { timeout: 20 })).rejects.toMatchObject({ code: 'STORE_BUSY' });
  writeFileSync(join(place.root, 'locks/y'), '');
  await expect(place.store.locks.acquire('y', { timeout: 20 })).rejects.toMatchObject({ code: 'STORE_BUSY' });
});

test('marks of the dead do not keep the store in use', async () => {
  await using place = await testStore();
  await place.store.blobs.putBytes(Buffer.from('x'));
  writeFileSync(join(place.root, 'locks/use', DEAD), '');
  const old = join(place.root, 'locks/use', FOREIGN);
  writeFileSync(old, '');
  await expect(place.store.locks.exclusive()).rejects.toMatchObject({ code: 'STORE_BUSY' });
  utimesSync(old, 1, Date.now() / 1000 - 2 * 24 * 60 * 60);
  (await place.store.locks.exclusive())();
  expect(readdirSync(join(place.root, 'locks/use'))).toEqual([]);
});

test('a use within a use does not wait for someone who waits for both', async () => {
  await using place = await testStore();
  const other = await place.again();
  const outer = await place.store.use();
  const waiting = other.locks.exclusive({ timeout: 60_000 });
  await new Promise((resolve) => setTimeout(resolve, 20));
  const inner = await place.store.use({ timeout: 100 });
  outer();
  outer();
  inner();
  (await waiting)();
});
