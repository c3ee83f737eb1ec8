import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openInside } from './mount-inside.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'decant-inside-'));
});
afterEach(() => rmSync(root, { recursive: true }));

test('what is there is used, what is missing is made', () => {
  mkdirSync(join(root, 'a'));
  expect(openInside(root, 'a/b/c')).toBe(join(root, 'a/b/c'));
  expect(existsSync(join(root, 'a/b/c'))).toBe(true);
});

test.each(['a', 'a/b'])('a link at %s is refused', (path) => {
  if (path === 'a/b') mkdirSync(join(root, 'a'));
  symlinkSync('/etc', join(root, path));
  expect(() => openInside(root, 'a/b/c')).toThrow('"/a/b/c" of the cache is no directory');
});

test('a file is refused', () => {
  writeFileSync(join(root, 'a'), '');
  expect(() => openInside(root, 'a')).toThrow('is no directory');
});
