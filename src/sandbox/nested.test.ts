import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Mount } from './mounts.ts';
import { enclosingMount, prepareNested } from './nested.ts';

let source = '';
beforeEach(() => {
  source = mkdtempSync(join(tmpdir(), 'decant-nested-'));
});
afterEach(() => rmSync(source, { recursive: true, force: true }));

const outer = (readOnly = false): Mount => ({ type: 'bind', source, directory: true, target: 'a', readOnly });
const tmpfs = (target: string): Mount => ({ type: 'tmpfs', target });
const file = (target: string): Mount => ({
  type: 'data',
  target,
  bytes: new Uint8Array(),
  mode: 0o644,
  uid: 0,
  gid: 0,
});

test('the innermost mount around a place', () => {
  const mounts = [tmpfs('a'), tmpfs('a/b'), tmpfs('ab')];
  expect(enclosingMount('a/b/c', mounts)?.target).toBe('a/b');
  expect(enclosingMount('a/c', mounts)?.target).toBe('a');
  expect(enclosingMount('abc', mounts)).toBeUndefined();
  expect(enclosingMount('a', mounts)).toBeUndefined();
});

test('missing mount points are made in the bound directory', () => {
  prepareNested([outer(), tmpfs('a/x/y'), file('a/f')]);
  expect(statSync(join(source, 'x/y')).isDirectory()).toBe(true);
  expect(statSync(join(source, 'f')).isFile()).toBe(true);
});

test('what is there is used', () => {
  mkdirSync(join(source, 'x'), { mode: 0o700 });
  writeFileSync(join(source, 'f'), 'content');
  prepareNested([outer(true), tmpfs('a/x'), file('a/f')]);
  expect(statSync(join(source, 'f')).size).toBe(7);
});

test('a tmpfs needs no preparation', () => {
  expect(() => prepareNested([tmpfs('a'), tmpfs('a/b')])).not.toThrow();
});

test.each<[string, () => readonly Mount[], string]>([
  [
    'a link on the way',
    () => (symlinkSync('/tmp', join(source, 'l')), [outer(), tmpfs('a/l/evil')]),
    'below the mount at /a, it is no directory',
  ],
  [
    'a link at the end',
    () => (symlinkSync('/etc/passwd', join(source, 'l')), [outer(), file('a/l')]),
    'below the mount at /a, it is no file',
  ],
  [
    'nothing in a read-only mount',
    () => [outer(true), tmpfs('a/x')],
    'the read-only mount at /a has nothing there',
  ],
  ['a mount in a file', () => [file('a'), tmpfs('a/x')], '/a is a file'],
])('refused: %s', (_, mounts, why) => {
  const list = mounts();
  expect(() => prepareNested(list)).toThrow(
    expect.objectContaining({ code: 'EXEC_FAILED', message: expect.stringContaining(why) }),
  );
  expect(existsSync('/tmp/evil')).toBe(false);
});
