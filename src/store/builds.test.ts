import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MAX_BUILDS } from './builds.ts';
import { openStore } from './store.ts';
import type { Store } from './store.ts';

let root = '';
let store: Store;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'decant-builds-'));
  store = await openStore(root);
});
afterEach(async () => {
  await store.close();
  rmSync(root, { recursive: true });
});

test('builds are listed newest first; what is no build is left alone', async () => {
  const first = await store.builds.create();
  mkdirSync(join(root, 'builds/zzzzzzzz-ffff'));
  mkdirSync(join(root, 'builds/else'));
  expect(store.builds.list()).toEqual(['zzzzzzzz-ffff', first.id]);
  expect(await store.builds.remove('else')).toBe(false);
  expect(await store.builds.remove(first.id)).toBe(true);
  expect(readdirSync(join(root, 'builds')).sort()).toEqual(['else', 'zzzzzzzz-ffff']);
});

test('of too many the oldest go', async () => {
  await store.builds.create();
  for (let index = 0; index < MAX_BUILDS; index += 1)
    mkdirSync(join(root, `builds/0000000a-${index.toString(16).padStart(4, '0')}`));
  await store.builds.create();
  await store.close();
  expect(store.builds.list()).toHaveLength(MAX_BUILDS);
  expect(store.builds.list().at(-1)).not.toBe('0000000a-0000');
});

test('prune removes builds by age', async () => {
  const old = await store.builds.create();
  writeFileSync(join(old.path, 'build.json'), '{}');
  utimesSync(old.path, 0, 0);
  const young = await store.builds.create();
  expect((await store.prune()).builds.count).toBe(1);
  expect(store.builds.list()).toEqual([young.id]);
});
