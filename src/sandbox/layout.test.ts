import { lstatSync, mkdtempSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Entry } from '../tree/entry.ts';
import { prepareOverlay } from './layout.ts';

let scratch = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'decant-layout-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

// The test's own user, since giving files away is root's.
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const rootEntry: Entry = { type: 'directory', path: '', mode: 0o711, ...owner, mtime: 42 };
const plain = { lowers: [], stubs: [], rootEntry, userNamespace: false };

test('lower directories are short links, the top one first', () => {
  expect(prepareOverlay(scratch, { ...plain, lowers: ['/a,b:c\\', '/d'] }).options).toBe(
    'lowerdir=stub:0:1,index=off,xino=off,metacopy=off,redirect_dir=off',
  );
  expect(readlinkSync(join(scratch, '0'))).toBe('/a,b:c\\');
});

test('with an upper directory, and in a user namespace', () => {
  const upper = join(scratch, 'u');
  mkdirSync(upper);
  expect(prepareOverlay(scratch, { ...plain, upper, work: '/w', userNamespace: true }).options).toBe(
    'lowerdir=stub,upperdir=upper,workdir=work,volatile,index=off,xino=off,userxattr',
  );
  expect(statSync(upper)).toMatchObject({ mode: 0o40711, mtimeMs: 42_000 });
});

test('a read-only root of nothing has two lower directories all the same', () => {
  expect(prepareOverlay(scratch, plain).options).toMatch(/^lowerdir=stub:empty,/);
});

test('499 lower directories fit, one more is refused', () => {
  const lowers = Array.from({ length: 499 }, () => '/a/very/long/path/of/a/layer/in/the/store');
  expect(prepareOverlay(scratch, { ...plain, lowers }).options.length).toBeLessThan(4096);
  rmSync(scratch, { recursive: true });
  mkdirSync(scratch);
  expect(() => prepareOverlay(scratch, { ...plain, lowers: [...lowers, '/x'] })).toThrow(
    /500 layers cannot be mounted/,
  );
});

test('stubs are written as they are described, times and all', () => {
  const base = { ...owner, mtime: 1000.25 };
  prepareOverlay(scratch, {
    ...plain,
    stubs: [
      { type: 'directory', path: 'd', mode: 0o555, ...base },
      {
        type: 'file',
        path: 'd/f',
        mode: 0o600,
        ...base,
        size: 1,
        content: { kind: 'inline', bytes: Buffer.from('x') },
      },
    ],
  });
  expect(lstatSync(join(scratch, 'stub/d'))).toMatchObject({ mode: 0o40555, mtimeMs: 1_000_250 });
  expect(readFileSync(join(scratch, 'stub/d/f'), 'utf8')).toBe('x');
  expect(lstatSync(join(scratch, 'stub'))).toMatchObject({ mode: 0o40711, mtimeMs: 42_000 });
});
