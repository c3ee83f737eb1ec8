import {
  closeSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { outputPipes } from './pipes.ts';

let folder = '';
let runs = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'decant-pipes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function used(ahead?: string) {
  const scratch = join(folder, `run-${(runs += 1)}`);
  mkdirSync(scratch);
  const pipes = await outputPipes(scratch, ahead);
  for (const [name, { read, write }] of [
    ['stdout', pipes.stdout],
    ['stderr', pipes.stderr],
  ] as const) {
    expect(lstatSync(join(scratch, name))).toMatchObject({ mode: 0o010600 });
    writeSync(write, name);
    const seen = Buffer.alloc(100);
    expect(seen.toString('latin1', 0, readSync(read, seen))).toBe(name);
  }
  pipes.closeWriting();
  closeSync(pipes.stdout.read);
  closeSync(pipes.stderr.read);
  return pipes;
}

it('makes two pipes where there are none', async () => {
  const { replenish } = await used();
  replenish();
  expect(readdirSync(folder)).toHaveLength(1);
});

it('makes some ahead, and uses each of them once', async () => {
  const ahead = join(folder, 'ahead');
  mkdirSync(ahead);
  writeFileSync(join(ahead, '0'), 'no pipe');
  const { replenish } = await used(ahead);
  replenish();
  await vi.waitFor(() => expect(readdirSync(ahead)).toHaveLength(33), { timeout: 60_000 });
  await Promise.all([used(ahead), used(ahead)]);
  expect(readdirSync(ahead)).toHaveLength(29);
  replenish();
  expect(readdirSync(ahead)).toHaveLength(29);
});
