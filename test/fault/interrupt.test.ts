/** Ctrl-C and other polite ends: status 130, nothing left running, nothing left lying about, and what was done is kept. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, existsSync, ftruncateSync, openSync, readdirSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { commandLines } from '../support/processes.ts';
import { until } from '../support/until.ts';
import { SELF, USERS } from '../support/users.ts';
import { ended, expectError, need, run, start } from './support/decant.ts';
import type { Ended, RunOptions } from './support/decant.ts';
import { BASE, makeStore, temporary, writeFiles } from './support/place.ts';
import { mountsBelow, processesWith } from './support/processes.ts';
import { noise } from './support/random.ts';
import { BLOCK, memberOf, tarOf } from './support/tar.ts';

const folder = temporary();
const interrupted = { message: /interrupted|stopped/, hint: 'any' } as const;

/** Packing this much, and taking it in, takes so long that it is under way when it is looked for. It is a hole on the disk. */
const LARGE = 1 << 29;

/** A file that is `head`, and zeros to the size. */
function writeLarge(path: string, size: number, head: Uint8Array = Buffer.alloc(0)): void {
  const file = openSync(path, 'w');
  writeSync(file, head);
  ftruncateSync(file, size);
  closeSync(file);
}

/** An archive of one large file; its end is zeros too. */
function writeLargeTar(path: string): void {
  writeLarge(path, LARGE + 3 * BLOCK, memberOf({ name: 'large', size: LARGE }).subarray(0, BLOCK));
}

const isRunning = (command: string): boolean => commandLines().includes(command);

describe.each(USERS)('as $name', (user) => {
  const place = join(folder, String(user.uid));
  const as: RunOptions = user === SELF ? {} : { user, env: { HOME: place } };
  let home = '';

  beforeAll(async () => {
    home = await makeStore(place, as.user);
  });

  function begin(args: readonly string[]): {
    readonly child: ChildProcess;
    readonly done: Promise<Ended>;
    /** On standard error, so far. */
    readonly said: () => string;
  } {
    const child = start(home, args, { ...as, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    return { child, done: ended(child), said: () => said };
  }

  function build(name: string, dockerfile: string) {
    const context = writeFiles(join(place, name), { Dockerfile: dockerfile });
    return begin(['build', '--network=none', '-t', `interrupted:${name}`, context]);
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
      `FROM ${BASE}\nRUN echo ${signal} > /kept\nRUN echo up; exec sleep 3331\n`,
    );
    await until('the step', () => isRunning('sleep 3331'));
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
    const context = writeFiles(join(place, 'group'), { Dockerfile: `FROM ${BASE}\nRUN exec sleep 3332\n` });
    const child = start(home, ['build', '--network=none', context], {
      ...as,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const done = ended(child);
    await until('the step', () => isRunning('sleep 3332'));
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expectError(await done, 'INTERRUPTED', interrupted);
    await expectClean();
  });

  test('of two stages at once, both end', async () => {
    const { child, done } = build(
      'two',
      `FROM ${BASE} AS a\nRUN exec sleep 3333\nFROM ${BASE} AS b\nRUN exec sleep 3334\nFROM ${BASE}\nCOPY --from=a / /a\nCOPY --from=b / /b\n`,
    );
    await until('both steps', () => isRunning('sleep 3333') && isRunning('sleep 3334'));
    child.kill('SIGINT');
    expectError(await done, 'INTERRUPTED', interrupted);
    await expectClean();
  });

  test('a step that does not want to end: a second signal does not wait for it', async () => {
    const { child, done, said } = build(
      'stubborn',
      `FROM ${BASE}\nRUN trap : INT TERM HUP; echo up; while true; do sleep 0.05; done\n`,
    );
    await until('the step', () => /^#\d+ \S+ up$/m.test(said()));
    while (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGINT');
      await setTimeout(700);
    }
    const result = await done;
    expect(result).toMatchObject({ status: 130 });
    // That is what is said when the step has ended, or was ended when it had had its time.
    expect(result.stderr).not.toContain('[INTERRUPTED]');
    await until('the end of every process', () => processesWith(`${place}/`).length === 0);
    // What it had no time for, the next one that tidies up does.
    await need(home, ['prune'], as);
    await expectClean();
  });

  test('during packing', async () => {
    writeLarge(join(writeFiles(join(place, 'pack'), { './': '' }), 'large'), LARGE);
    const { child, done } = build('pack', `FROM ${BASE}\nCOPY large /\n`);
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
    const large = join(place, 'large.tar');
    writeLargeTar(large);
    for (const args of [
      ['import', large, 'interrupted:1'],
      ['load', '-i', large],
    ]) {
      const { child, done } = begin(args);
      await until(String(args[0]), () => files(join(home, 'tmp')) > 0);
      child.kill('SIGINT');
      expectError(await done, 'INTERRUPTED', interrupted);
      await expectClean();
    }
  });

  test('during save: the file is not there', async () => {
    writeFiles(place, { 'noise.tar': tarOf({ name: 'noise', content: noise(48 << 20) }) });
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
    // Nothing tells that they wait. Too short a time makes the test easier, not wrong.
    await setTimeout(2000);
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
