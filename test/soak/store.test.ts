/**
 * A store in use for a long time: built on after edits, by several processes at once, killed in the middle, pruned. After
 * every step it must still answer, and at the end it must hold exactly what a fresh store would.
 *
 * The order of events is drawn from a seed, which a failure names: SOAK_SEED repeats it, SOAK_STEPS sets how many.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const DECANT = fileURLToPath(new URL('../../bin/decant', import.meta.url));
const SEED = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);
const STEPS = Number(process.env['SOAK_STEPS'] ?? 200);
const DOCKERFILE = `\
FROM soak:base AS one
COPY one /one
RUN cp /one /copy && dd if=/dev/zero of=/large bs=1024 count=4096
FROM soak:base AS two
COPY two /two
RUN sha256sum /two > /sum
FROM scratch
COPY --from=one /copy /large /
COPY --from=two /sum /sum
`;

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder = '';
const random = randomNumbers(SEED);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'decant-soak-'));
  const root = join(folder, 'root');
  for (const name of ['bin', 'tmp', 'proc', 'sys', 'dev', 'etc'])
    await mkdir(join(root, name), { recursive: true });
  await run('sh', ['-c', `cp "$(command -v busybox)" ${root}/bin/busybox`]);
  for (const name of ['sh', 'cp', 'dd', 'sha256sum'])
    await run('ln', ['-s', 'busybox', join(root, 'bin', name)]);
  await run('tar', ['-C', root, '-cf', join(folder, 'base.tar'), '.']);
  await mkdir(join(folder, 'context'));
  await writeFile(join(folder, 'context/Dockerfile'), DOCKERFILE);
  for (const name of ['one', 'two']) await edit(name, 0);
  for (const store of ['used', 'fresh']) await need(store, 'import', join(folder, 'base.tar'), 'soak:base');
});

afterAll(async () => {
  for (const store of ['used', 'fresh']) {
    await decant(store, 'rmi', '--force', 'soak:base', 'soak:image');
    await decant(store, 'prune', '--all');
  }
  await rm(folder, { recursive: true, force: true });
});

test(`${STEPS} edits, builds, kills and prunes in an order of their own (seed ${SEED})`, async () => {
  const happened: Record<string, number> = {};
  for (let step = 1; step <= STEPS; step += 1) {
    const [name, event] = draw();
    happened[name] = (happened[name] ?? 0) + 1;
    await event(step);
    const images = await need('used', 'images', '--format', 'json');
    expect(images.stdout, `after step ${step}: ${name}`).toContain('soak');
  }
  expect(Object.keys(happened).toSorted()).toEqual(['build', 'edit', 'kill', 'prune', 'together']);

  const used = await build('used');
  expect(used, used.stderr).toMatchObject({ status: 0 });
  const fresh = await build('fresh');
  expect(fresh, fresh.stderr).toMatchObject({ status: 0 });
  expect(await imageId('used')).toBe(await imageId('fresh'));
  await need('used', 'run', '--rm', 'soak:base', 'sh', '-c', 'true');
  expect(await mountsBelow(folder)).toEqual([]);
});

test('nothing is left of what no image needs: the store has the files that a fresh one has', async () => {
  await need('used', 'prune', '--all');
  await need('fresh', 'prune', '--all');
  expect(await filesOf('used')).toEqual(await filesOf('fresh'));
});

type Event = (step: number) => Promise<void>;

function draw(): readonly [string, Event] {
  const events: readonly (readonly [string, Event])[] = [
    ['edit', (step) => edit(random() < 0.5 ? 'one' : 'two', step)],
    ['build', async () => expect(await build('used')).toMatchObject({ status: 0 })],
    ['kill', killedBuild],
    ['together', buildTogether],
    ['prune', async () => void (await need('used', 'prune', ...(random() < 0.3 ? ['--all'] : [])))],
  ];
  return events[Math.floor(random() * events.length)] ?? events[0]!;
}

/** Half of the edits are to contents that have been there before. */
async function edit(name: string, step: number): Promise<void> {
  await writeFile(join(folder, 'context', name), `${name} ${random() < 0.5 ? step : step % 5}\n`);
}

async function killedBuild(): Promise<void> {
  const child = spawn(DECANT, buildArguments('--no-cache'), { env: environment('used'), stdio: 'ignore' });
  const ended = once(child, 'exit');
  await wait(Math.floor(random() * 600));
  child.kill('SIGKILL');
  await ended;
}

async function buildTogether(): Promise<void> {
  const results = await Promise.all([build('used'), build('used', '--no-cache'), build('used')]);
  for (const result of results) expect(result, result.stderr).toMatchObject({ status: 0 });
}

function build(store: string, ...options: readonly string[]): Promise<Ended> {
  return decant(store, ...buildArguments(...options));
}

function buildArguments(...options: readonly string[]): readonly string[] {
  return ['build', '--network', 'none', '-t', 'soak:image', ...options, join(folder, 'context')];
}

async function imageId(store: string): Promise<string> {
  const [image] = JSON.parse((await need(store, 'inspect', '--format', 'json', 'soak:image')).stdout) as {
    id?: string;
  }[];
  expect(image?.id).toMatch(/^sha256:/);
  return image?.id ?? '';
}

async function mountsBelow(path: string): Promise<readonly string[]> {
  const mounts = await readFile('/proc/self/mountinfo', 'utf8');
  return mounts.split('\n').filter((line) => line.includes(` ${path}/`));
}

/** Names and sizes. */
async function filesOf(store: string): Promise<readonly string[]> {
  const { stdout } = await run('find', [join(folder, store), '-type', 'f', '-printf', '%P %s\n']);
  expect(stdout).toContain('blobs/sha256/');
  return stdout.split('\n').toSorted();
}

async function need(store: string, ...args: readonly string[]): Promise<Ended> {
  const result = await decant(store, ...args);
  expect(result, `decant ${args.join(' ')}: ${result.stderr}`).toMatchObject({ status: 0 });
  return result;
}

function decant(store: string, ...args: readonly string[]): Promise<Ended> {
  return run(DECANT, args, environment(store));
}

function environment(store: string): NodeJS.ProcessEnv {
  return { ...process.env, DECANT_HOME: join(folder, store) };
}

function run(command: string, args: readonly string[], env = process.env): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve({ status: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin?.end();
  });
}

/** Numbers from 0 to 1 that depend on nothing but the seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
