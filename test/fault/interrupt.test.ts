/** Ctrl-C and other polite ends: status 130, nothing left running, nothing left lying about, and what was done is kept. */
import type { ChildProcess } from 'node:child_process';
import { readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { SELF, USERS } from '../support/users.ts';
import { ended, expectError, need, run, start } from './support/decant.ts';
import type { Ended, RunOptions } from './support/decant.ts';
import { BASE, makeStore, temporary, writeFiles } from './support/place.ts';
import { mountsBelow, processesWith, until } from './support/processes.ts';
import { noise } from './support/random.ts';
import { tarOf } from './support/tar.ts';

const folder = temporary();
const interrupted = { message: /interrupted|stopped/, hint: 'any' } as const;

/** Packing this takes a while. */
const NOISE = noise(48 << 20);
const NOISE_TAR = tarOf({ name: 'noise', content: NOISE });

describe.each(USERS)('as $name', (user) => {
  const place = join(folder, String(user.uid));
  const as: RunOptions = user === SELF ? {} : { user, env: { HOME: place } };
  let home = '';

  beforeAll(async () => {
    home = await makeStore(place, as.user);
  });

  function begin(args: readonly string[]): { readonly child: ChildProcess; readonly done: Promise<Ended> } {
    const child = start(home, args, { ...as, stdio: ['ignore', 'pipe', 'pipe'] });
    return { child, done: ended(child) };
  }

  function build(name: string, dockerfile: string, files: Readonly<Record<string, Buffer>> = {}) {
    return begin([
      'build',
      '--network=none',
      '-t',
      `interrupted:${name}`,
      writeFiles(join(place, name), { Dockerfile: dockerfile, ...files }),
    ]);
  }

  /** Everything that was started is gone, and the store is as if nothing had been. */
  async function expectClean(): Promise<void> {
    await until('the end of every process', () => processesWith(`${place}/`).length === 0);
    expect(mountsBelow(place)).toEqual([]);
    expect(readdirSync(join(home, 'tmp'))).toEqual([]);
    expect(readdirSync(join(home, 'locks/use'))).toEqual([]);
    expect(await run(home, ['images'], as)).toMatchObject({
      status: 0,
      stdout: expect.not.stringContaining('interrupted') as string,
    });
    expect(await run(home, ['run', '--network=none', BASE, 'true'], as)).toMatchObject({ status: 0 });
  }

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s during RUN', async (signal) => {
    const { child, done } = build(
      'run',
      `FROM ${BASE}\nRUN echo ${signal} > /kept\nRUN echo up; sleep 3331\n`,
    );
    await until('the step', () => processesWith('sleep 3331').length > 0);
    child.kill(signal);
    const result = await done;
    expectError(result, 'INTERRUPTED', interrupted);
    expect(processesWith('sleep 3331')).toEqual([]);
    await expectClean();
    // The first step was done, and is not done again.
    const again = await run(
      home,
      [
        'build',
        '--network=none',
        '--target=kept',
        writeFiles(join(place, 'kept'), { Dockerfile: `FROM ${BASE} AS kept\nRUN echo ${signal} > /kept\n` }),
      ],
      as,
    );
    expect(again.stderr).toMatch(/CACHED/);
  });

  test('to the whole group, as a terminal does it', async () => {
    const context = writeFiles(join(place, 'group'), { Dockerfile: `FROM ${BASE}\nRUN sleep 3332\n` });
    const child = start(home, ['build', '--network=none', context], {
      ...as,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const done = ended(child);
    await until('the step', () => processesWith('sleep 3332').length > 0);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expectError(await done, 'INTERRUPTED', interrupted);
    await expectClean();
  });

  test('of two stages at once, both end', async () => {
    const { child, done } = build(
      'two',
      `FROM ${BASE} AS a\nRUN sleep 3333\nFROM ${BASE} AS b\nRUN sleep 3334\nFROM ${BASE}\nCOPY --from=a / /a\nCOPY --from=b / /b\n`,
    );
    await until(
      'both steps',
      () => processesWith('sleep 3333').length > 0 && processesWith('sleep 3334').length > 0,
    );
    child.kill('SIGINT');
    expectError(await done, 'INTERRUPTED', interrupted);
    await expectClean();
  });

  test('a step that does not want to end: a second signal does not wait for it', async () => {
    const { child, done } = build(
      'stubborn',
      `FROM ${BASE}\nRUN trap "" INT TERM HUP; echo up; while true; do sleep 0.0$((3335 % 9)); done\n`,
    );
    await until('the step', () => processesWith('3335 % 9').length > 0);
    await setTimeout(200);
    child.kill('SIGINT');
    await setTimeout(600);
    const asked = performance.now();
    child.kill('SIGINT');
    expect(await done).toMatchObject({ status: 130 });
    expect(performance.now() - asked).toBeLessThan(2000);
    await until('the end of every process', () => processesWith(`${place}/`).length === 0);
    // What it had no time for, the next process does.
    await need(home, ['import', join(place, 'base.tar'), BASE], as);
    await expectClean();
  });

  test('during packing', async () => {
    const { child, done } = build('pack', `FROM ${BASE}\nCOPY noise /\n`, { noise: NOISE });
    await until('packing', () => files(join(home, 'tmp')) > 0);
    child.kill('SIGINT');
    expectError(await done, 'INTERRUPTED', interrupted);
    await expectClean();
  });

  test('during unpacking', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({ name: `many/${index}`, content: 'x' }));
    writeFiles(place, { 'many.tar': tarOf({ name: 'many/', type: '5', mode: 0o755 }, ...many) });
    await need(home, ['import', join(place, 'many.tar'), 'fault:many'], as);
    const { child, done } = begin(['run', '--network=none', 'fault:many', '/nothing']);
    await until('unpacking', () => files(join(home, 'tmp')) > 0);
    child.kill('SIGINT');
    expect(await done).toMatchObject({ status: 130 });
    await until('the end of every process', () => processesWith(`${place}/`).length === 0);
    await need(home, ['rmi', 'fault:many'], as);
    await need(home, ['prune', '--all'], as);
    await expectClean();
  });

  test('during import, and during load', async () => {
    writeFiles(place, { 'noise.tar': NOISE_TAR });
    for (const args of [
      ['import', join(place, 'noise.tar'), 'interrupted:1'],
      ['load', '-i', join(place, 'noise.tar')],
    ]) {
      const { child, done } = begin(args);
      await until(String(args[0]), () => files(join(home, 'tmp')) > 0);
      child.kill('SIGINT');
      expectError(await done, 'INTERRUPTED', interrupted);
      await expectClean();
    }
  });

  test('during save: the file is not there', async () => {
    writeFiles(place, { 'noise.tar': NOISE_TAR });
    await need(home, ['import', join(place, 'noise.tar'), 'fault:noise'], as);
    const file = join(place, 'saved.tar');
    const { child, done } = begin(['save', '-o', file, 'fault:noise']);
    await until('save', () => readdirSync(place).some((name) => name.startsWith('saved.tar')));
    child.kill('SIGINT');
    const result = await done;
    if (result.status !== 0) expectError(result, 'INTERRUPTED', interrupted);
    expect(readdirSync(place).filter((name) => name.startsWith('saved.tar.'))).toEqual([]);
    expect(existsSync(file)).toBe(result.status === 0);
  });

  test('while waiting for the standard input', async () => {
    const commands = [['build', '-'], ['import', '-', 'interrupted:1'], ['load']];
    const waiting = commands.map((args) => start(home, args, { ...as, stdio: ['pipe', 'pipe', 'pipe'] }));
    const results = Promise.all(waiting.map((child) => ended(child)));
    await setTimeout(1500);
    for (const child of waiting) child.kill('SIGINT');
    expect((await results).map(({ status }) => status)).toEqual([130, 130, 130]);
    await expectClean();
  });

  test('a container gets the signal, and its status is passed on', async () => {
    const script = 'trap "echo got it; exit 7" INT; echo up; while true; do sleep 0.05; done';
    const { child, done } = begin(['run', '--network=none', BASE, 'sh', '-c', script]);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    child.kill('SIGINT');
    expect(await done).toMatchObject({ status: 7, stdout: expect.stringContaining('got it') as string });
    await expectClean();
  });
});

/** Files, at any depth; what is removed meanwhile does not count. */
function files(at: string): number {
  try {
    return readdirSync(at, { recursive: true }).length > 1 ? 1 : 0;
  } catch {
    return 0;
  }
}
