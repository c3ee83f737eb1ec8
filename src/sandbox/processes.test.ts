import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { catchesSignal, descendant } from './processes.ts';

const { SIGTERM, SIGUSR1 } = constants.signals;

test('children are found by descent, and signals by their handlers', async () => {
  const child = spawn('sh', ['-c', "trap : TERM; sh -c 'echo up; read line; :'; :"], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const pid = child.pid ?? 0;
  const inner = descendant(pid, 1);
  expect(inner).toBeGreaterThan(pid);
  expect(descendant(pid, 0)).toBe(pid);
  expect(descendant(pid, 3)).toBeUndefined();
  expect(catchesSignal(pid, SIGTERM)).toBe(true);
  expect(catchesSignal(pid, SIGUSR1)).toBe(false);
  expect(catchesSignal(inner ?? 0, SIGTERM)).toBe(false);
  child.stdin.end();
  await new Promise((resolve) => child.once('close', resolve));
  expect(descendant(pid, 1)).toBeUndefined();
  expect(catchesSignal(pid, SIGTERM)).toBe(false);
});
