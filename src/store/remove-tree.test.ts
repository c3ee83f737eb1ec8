import { existsSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeTree } from './remove-tree.ts';

test('a folder goes with all that is in it, and links are not followed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'decant-remove-'));
  const [kept, gone] = [join(folder, 'kept'), join(folder, 'gone')];
  mkdirSync(kept);
  mkdirSync(join(gone, 'deeper'), { recursive: true });
  writeFileSync(join(gone, 'deeper', 'file'), '');
  symlinkSync(kept, join(gone, 'link'));
  expect(await removeTree(gone)).toEqual({});
  expect([existsSync(gone), existsSync(kept)]).toEqual([false, true]);
  expect(await removeTree(folder)).toEqual({});
});

test('nothing to remove is no failure', async () => {
  expect(await removeTree(join(tmpdir(), 'decant-nothing', 'here'))).toEqual({});
});

test('what cannot even be looked at is told, not thrown', async () => {
  const { failed } = await removeTree(join(tmpdir(), 'x'.repeat(300)));
  expect(failed).toMatchObject({ code: 'ENAMETOOLONG' });
});
