// Several processes in one store, and processes that die in the middle of what they do.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { build } from 'tsdown';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { removeTree } from '../../src/store/remove-tree.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { putImage } from '../../src/store/testing.ts';

let folder: string;
let program: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'decant-fault-'));
  chmodSync(folder, 0o755);
  await build({
    config: false,
    entry: { child: 'test/fault/store-child.ts' },
    outDir: join(folder, 'program'),
    format: 'esm',
    dts: false,
    logLevel: 'error',
  });
  program = join(
    folder,
    'program',
    readdirSync(join(folder, 'program')).find((name) => name.startsWith('child.')) ?? '',
  );
});

afterAll(async () => {
  await removeTree(folder);
});

test('a process killed at any moment leaves a sound store, 50 times', async () => {
  const root = join(folder, 'killed', 'store');
  let rounds = 0;
  for (let round = 0; round < 50; round += 1) {
    const child = start('write', root, `p${round}`);
    child.stdout?.on('data', (dots: Buffer) => (rounds += dots.length));
    // Half of them early, while the store is opened and tidied up; half after they have done everything once.
    await (round % 2 === 0
      ? sleep(40 + Math.random() * 150)
      : Promise.race([firstOutput(child), exit(child)]));
    await sleep(Math.random() * 60);
    child.kill('SIGKILL');
    await exit(child);
    await expectSound(await openStore(root));
  }
  expect(rounds).toBeGreaterThanOrEqual(25);

  // What the next one does is not in anyone's way, and does not wait for the dead, for whom it could wait forever.
  const store = await openStore(root);
  const { descriptor } = await putImage(store, 'after');
  await store.images.tag(['after'], descriptor);
  await store.prune({ all: true });
  await store.close();
  expect(readdirSync(join(root, 'tmp'))).toEqual([]);
  expect(readdirSync(join(root, 'locks/use'))).toEqual([]);
  expect(store.layers.list()).toEqual([]);
  await expectSound(store);
});

test('processes that name images at once lose no name', async () => {
  const root = join(folder, 'tags', 'store');
  const names = ['one', 'two', 'three'];
  await Promise.all(names.map(async (name) => expect(await exit(start('tag', root, name))).toBe(0)));
  const found = (await (await openStore(root)).images.list()).flatMap((image) => image.names);
  const expected = names.flatMap((name) => Array.from({ length: 25 }, (_, count) => `${name}:${count}`));
  expect(found.sort()).toEqual(expected.sort());
});

test('no two processes are in one lock, though some die in it', async () => {
  const root = join(folder, 'locks', 'store');
  await (await openStore(root)).blobs.putBytes(Buffer.from('x'));
  const results: (number | null)[] = [];
  for (let round = 0; round < 4; round += 1) {
    const children = Array.from({ length: 4 }, (_, number) => start('lock', root, `${round}-${number}`));
    results.push(...(await Promise.all(children.map(exit))));
  }
  const violations = join(folder, 'locks', 'violations');
  expect(existsSync(violations) ? readFileSync(violations, 'utf8') : '').toBe('');
  // Each either died in the lock or came through all its rounds.
  expect(results.filter((status) => status !== 0 && status !== null)).toEqual([]);
  const visits = readFileSync(join(folder, 'locks', 'visits'), 'utf8')
    .trim()
    .split('\n');
  expect(visits.length).toBeGreaterThanOrEqual(results.length * 10);
  const release = await (await openStore(root)).locks.acquire('room', { timeout: 60_000 });
  release();
  expect(readdirSync(join(root, 'locks'))).toEqual(['use']);
});

test('an ordinary user can remove layers with closed directories', async () => {
  const parent = mkdtempSync(join(folder, 'user-'));
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  if ('uid' in nobody) chownSync(parent, 65534, 65534);
  const child = start('closed', join(parent, 'store'), '', nobody);
  expect(await exit(child)).toBe(0);
  expect(readdirSync(join(parent, 'store/layers'))).toEqual([]);
  expect(readdirSync(join(parent, 'store/tmp'))).toEqual([]);
});

test('a full disk is an error that says so, and leaves room for what fits', async () => {
  const root = mkdtempSync(join(folder, 'full-'));
  // A file system of 8 MiB, in a mount namespace that ends with the process.
  const script = `mount -t tmpfs -o size=8m tmpfs "$1" && exec "$2" "$3" full "$1/store" x`;
  const child = spawn(
    'unshare',
    ['--user', '--map-root-user', '--mount', 'sh', '-c', script, 'sh', root, process.execPath, program],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  expect(await exit(child)).toBe(0);
  expect(JSON.parse(output)).toEqual({
    code: 'DISK_FULL',
    message: expect.stringContaining('no space left on the device') as string,
    tmp: [],
    blobs: 3,
  });
});

async function expectSound(store: Store): Promise<void> {
  for (const image of await store.images.list()) {
    const { image: value } = await store.images.load(image, { os: 'linux', architecture: 'amd64' });
    for (const { descriptor } of value.layers) {
      let size = 0;
      for await (const chunk of store.blobs.read(descriptor.digest, { size: descriptor.size }))
        size += chunk.length;
      expect(size).toBe(descriptor.size);
    }
  }
  for (const id of store.layers.list()) {
    const text = (await store.layers.readIndex(id))?.toString();
    expect(text).toBeTruthy();
    for (const file of ['a', 'b', 'c'])
      expect(readFileSync(join(store.layers.path(id), 'fs', file), 'utf8')).toBe(text);
  }
  for (const { record } of store.cache.entries()) {
    expect(record).toBeDefined();
    for (const id of record?.refs.layers ?? []) expect(store.layers.has(id)).toBe(true);
  }
}

function start(
  task: string,
  root: string,
  name: string,
  user: { uid?: number; gid?: number } = {},
): ChildProcess {
  return spawn(process.execPath, [program, task, root, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...user,
  });
}

/** The exit status; null when it was killed. */
function exit(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => child.once('exit', (status) => resolve(status)));
}

function firstOutput(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.stdout?.once('data', () => resolve()));
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
