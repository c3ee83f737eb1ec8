/** Several processes in one store at once: what each of them makes is right, and nobody takes away what another needs. */
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { createGate } from '../support/gate.ts';
import { expectError, ended, need, run, start } from './support/decant.ts';
import type { Ended } from './support/decant.ts';
import { BASE, makeStore, temporary, writeFiles } from './support/place.ts';

const folder = temporary();
let home = '';

beforeAll(async () => {
  home = await makeStore(folder);
});

function dockerfile(name: string): string {
  return `FROM ${BASE} AS one\nCOPY Dockerfile /\nRUN echo ${name} > /${name}; sleep 0.2\nFROM ${BASE}\nCOPY --from=one /${name} /\nRUN cat /${name} > /copy\n`;
}

function context(name: string, text = dockerfile(name)): string {
  return writeFiles(join(folder, name), { Dockerfile: text });
}

function build(place: string, ...flags: readonly string[]): Promise<Ended> {
  return run(home, ['build', '--network=none', '-q', ...flags, place]);
}

/** No lock, no mark of use and nothing temporary stays when all are done. */
function expectQuiet(): void {
  expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  expect(readdirSync(join(home, 'locks'))).toEqual(['use']);
  expect(readdirSync(join(home, 'locks/use'))).toEqual([]);
}

test('the same build, four times at once', async () => {
  const place = context('same');
  const results = await Promise.all([0, 1, 2, 3].map((number) => build(place, '-t', `same:${number}`)));
  for (const result of results) expect(result, result.stderr).toMatchObject({ status: 0 });
  expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(1);
  const listed = (await need(home, ['images'])).stdout;
  for (const number of [0, 1, 2, 3]) expect(listed).toContain(`same:${number}`);
  expectQuiet();
});

test('different builds that share a base which none has unpacked yet', async () => {
  await need(home, ['prune', '--all']);
  const names = ['a', 'b', 'c', 'd'];
  const results = await Promise.all(names.map((name) => build(context(name), '-t', `different:${name}`)));
  for (const result of results) expect(result, result.stderr).toMatchObject({ status: 0 });
  expect(new Set(results.map(({ stdout }) => stdout)).size).toBe(4);
  const outputs = await Promise.all(
    names.map((name) => run(home, ['run', '--network=none', `different:${name}`, 'cat', '/copy'])),
  );
  expect(outputs.map(({ stdout }) => stdout)).toEqual(names.map((name) => `${name}\n`));
  expectQuiet();
});

test('builds, imports, loads, tags, removals and prunes, all at once', async () => {
  await need(home, ['save', '-o', join(folder, 'saved.tar'), BASE]);
  const place = context('mixed');
  const commands: readonly (readonly string[])[] = [
    ['build', '--network=none', '--no-cache', '-t', 'mixed:1', place],
    ['build', '--network=none', '--no-cache', '-t', 'mixed:2', place],
    ['import', join(folder, 'base.tar'), 'mixed:imported'],
    ['load', '-i', join(folder, 'saved.tar')],
    ['tag', BASE, 'mixed:tag'],
    ['rmi', '-f', 'different:a'],
    ['run', '--network=none', BASE, 'sleep', '0.3'],
    ['images'],
    ['inspect', BASE],
    ['prune'],
    ['prune', '--all'],
  ];
  for (let round = 0; round < 2; round += 1) {
    const results = await Promise.all(commands.map(async (args) => [args, await run(home, args)] as const));
    for (const [args, result] of results) {
      if (args[0] === 'prune' && result.status !== 0) {
        expectError(result, 'STORE_BUSY', { message: /in use by process \d+/, hint: /wait/ });
      } else expect(result, `${args.join(' ')}: ${result.stderr}`).toMatchObject({ status: 0 });
    }
  }
  const [one, two] = await Promise.all(
    ['mixed:1', 'mixed:2'].map((name) => run(home, ['run', '--network=none', name, 'cat', '/copy'])),
  );
  expect([one?.stdout, two?.stdout]).toEqual(['mixed\n', 'mixed\n']);
  expectQuiet();
});

test('prune during a build takes nothing away; afterwards it does', async () => {
  const gate = createGate(home);
  const place = context(
    'slow',
    `FROM ${BASE}\nRUN echo 1 > /one\nRUN ${gate.mount} ${gate.wait}; echo 2 > /two\nRUN cat /one /two\n`,
  );
  const child = start(home, ['build', '--network=none', '-t', 'slow:1', place], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const done = ended(child);
  await gate.reached();
  for (const flags of [[], ['--all']]) {
    expectError(await run(home, ['prune', ...flags]), 'STORE_BUSY', {
      message: new RegExp(`process ${child.pid}`),
      hint: /wait/,
    });
  }
  await need(home, ['rmi', 'different:b']);
  gate.open();
  const result = await done;
  expect(result, result.stderr).toMatchObject({ status: 0 });
  await need(home, ['prune', '--all']);
  expect((await run(home, ['run', '--network=none', 'slow:1', 'cat', '/one', '/two'])).stdout).toBe('1\n2\n');
  expectQuiet();
});

test('a container keeps its image while others remove it', async () => {
  await need(home, ['import', join(folder, 'base.tar'), 'removed:1']);
  const script = 'echo up; read line; ls /bin/busybox';
  const child = start(home, ['run', '--network=none', 'removed:1', 'sh', '-c', script], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const done = ended(child);
  await once(child.stdout!, 'data');
  await need(home, ['rmi', 'removed:1']);
  expectError(await run(home, ['prune', '--all']), 'STORE_BUSY', { message: /in use/, hint: /wait/ });
  child.stdin!.end('\n');
  expect(await done).toMatchObject({ status: 0, stdout: 'up\n/bin/busybox\n' });
});

test('the context changes while it is built: done, or an error that names the file', async () => {
  const place = writeFiles(join(folder, 'changing'), {
    Dockerfile: `FROM ${BASE}\nRUN sleep 0.1\nCOPY data /\n`,
    data: 'a'.repeat(300_000),
  });
  const changes = setInterval(() => {
    writeFileSync(
      join(place, 'data'),
      (Math.random() < 0.5 ? 'a' : 'b').repeat(300_000 + Math.floor(Math.random() * 3)),
    );
  }, 5);
  try {
    for (let round = 0; round < 5; round += 1) {
      const result = await build(place, '-t', 'changing:1', '--no-cache');
      if (result.status !== 0) {
        expect(result.status, result.stderr).toBe(1);
        expect(result.stderr).toMatch(/^error: .*data.* \[(FILE_UNREADABLE|CONTEXT_INVALID|COPY_FAILED)\]$/m);
        continue;
      }
      await need(home, ['save', '-o', join(folder, 'changing.tar'), 'changing:1']);
    }
  } finally {
    clearInterval(changes);
  }
  await build(place, '-t', 'changing:1');
  expectQuiet();
});
