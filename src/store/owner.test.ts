import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { FOREIGN_OWNER_TIMEOUT_MS, isAlive, ownedName, ownerOf, self } from './owner.ts';

test('a name says whose it is, and is never the same twice', () => {
  expect(ownerOf(ownedName())).toEqual(self());
  expect(ownedName()).not.toBe(ownedName());
  for (const name of ['', 'use', '1-2-3', '../1-2-3-0123456789abcdef', `${ownedName()}x`])
    expect(ownerOf(name)).toBeUndefined();
});

test('this process is alive, and so is one that started before it', () => {
  expect(isAlive(self(), 0)).toBe(true);
  expect(isAlive(self(), 10 * FOREIGN_OWNER_TIMEOUT_MS)).toBe(true);
});

test('a process that has ended is not, before and after it is waited for', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const owner = { ...self(), pid: child.pid ?? 0, started: startOf(child.pid ?? 0) };
  expect(isAlive(owner, 0)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isAlive(owner, 0)).toBe(false);
});

test('a process that got the pid of another is not that other', () => {
  expect(isAlive({ ...self(), started: '1' }, 0)).toBe(false);
});

test('one of another pid namespace is believed for a day', () => {
  const foreign = { ...self(), namespace: '1', pid: 999_999_999 };
  expect(isAlive(foreign, FOREIGN_OWNER_TIMEOUT_MS - 1000)).toBe(true);
  expect(isAlive(foreign, FOREIGN_OWNER_TIMEOUT_MS + 1000)).toBe(false);
});

function startOf(pid: number): string {
  // Field 22, counted from 1 (proc(5)).
  return (
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/\(.*\)/, 'name')
      .split(' ')[21] ?? ''
  );
}
