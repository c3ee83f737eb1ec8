/** The program starts from what V8 has compiled of it, and where that cannot be used, without. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../support/process.ts';
import { ROOT } from '../support/workbench.ts';

let folder: string;
let compiled: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'decant-start-'));
  for (const part of ['bin', 'dist']) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  compiled = join(folder, 'dist/start/program.v8');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('this Node takes what was compiled when decant was built', () => {
  const filename = join(ROOT, 'dist/program/program.cjs');
  const cachedData = readFileSync(join(ROOT, 'dist/start/program.v8'));
  const script = new Script(Module.wrap(readFileSync(filename, 'utf8')), { filename, cachedData });
  expect(script.cachedDataRejected).toBe(false);
});

const version = /^\d+\.\d+\.\d+\n$/;
const whole = (): Buffer => readFileSync(join(ROOT, 'dist/start/program.v8'));

test.each([
  ['is not there', () => rmSync(compiled)],
  ['is empty', () => writeFileSync(compiled, '')],
  ['is cut off', () => writeFileSync(compiled, whole().subarray(0, 1000))],
  ['is of another version', () => writeFileSync(compiled, whole().fill(7, 4, 8))],
])('it starts where that %s', async (_, spoil) => {
  spoil();
  const ended = await run([process.execPath, join(folder, 'bin/decant'), '--version']);
  expect(ended).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(version) });
});

test('it starts where V8 has other flags', async () => {
  const ended = await run([process.execPath, '--no-opt', join(ROOT, 'bin/decant'), '--version']);
  expect(ended).toMatchObject({ status: 0, stderr: '', stdout: expect.stringMatching(version) });
});

test.each([
  ['program', ['commander', 'libdeflate', 'semver']],
  ['library', ['libdeflate']],
])('the licences of what the %s bundles are beside it', (part, packages) => {
  const text = readFileSync(join(ROOT, 'dist', part, 'LICENSES.txt'), 'utf8');
  for (const name of packages) expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+$`, 'm'));
  expect(text).toContain('Permission is hereby granted');
});
