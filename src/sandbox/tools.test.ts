import { execFileSync } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { expect, test } from 'vitest';
import { findTool, reportTools, toolEnvironment } from './tools.ts';

test('a program is found by its absolute path, and starts', () => {
  const path = findTool('sh');
  expect(isAbsolute(path)).toBe(true);
  expect(execFileSync(path, ['-c', 'echo $LC_ALL'], { env: toolEnvironment(), encoding: 'utf8' })).toBe(
    'C\n',
  );
});

test("the environment has nothing of the user's", () => {
  expect(Object.keys(toolEnvironment()).toSorted()).toEqual(['LC_ALL', 'LIBMOUNT_FORCE_MOUNT2', 'PATH']);
});

test('the report names every program, with the package to install', async () => {
  const report = await reportTools();
  expect(report.find(({ name }) => name === 'bwrap')).toMatchObject({ package: 'bubblewrap' });
  expect(report.find(({ name }) => name === 'tar')?.version).toMatch(/tar/);
});
