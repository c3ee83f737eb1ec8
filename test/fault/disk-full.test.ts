/** No space left, in the middle of everything: one clear error, a store that is as it was, and work that goes on once there is space. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expectError, expectNoTrace, need, run } from './support/decant.ts';
import type { Ended } from './support/decant.ts';
import { BASE, baseTar, makeStore, temporary, writeFiles } from './support/place.ts';
import { noise } from './support/random.ts';
import { smallDisk } from './support/small-disk.ts';
import type { SmallDisk } from './support/small-disk.ts';
import { tarOf } from './support/tar.ts';

const folder = temporary();
const full = { message: /no space left/, hint: /decant prune/ } as const;
const PLENTY = 64 * 1024;
let disk: SmallDisk;
let home = '';

const decant = (...args: readonly string[]): Promise<Ended> => disk.decant(home, args);

beforeAll(async () => {
  writeFileSync(join(folder, 'base.tar'), baseTar());
  writeFileSync(join(folder, 'big.tar'), tarOf({ name: 'big', content: noise(12 << 20) }));
  disk = await smallDisk(join(folder, 'disk'), `size=${PLENTY}k`);
  home = join(disk.path, 'store');
});

afterAll(() => disk.remove());

beforeEach(async () => {
  await disk.resize(PLENTY);
  await disk.shell('rm -rf "$1"/*');
});

async function importBase(): Promise<void> {
  expect(await decant('import', join(folder, 'base.tar'), BASE)).toMatchObject({ status: 0 });
}

/** Leaves this many KiB. */
async function leave(kibibytes: number): Promise<void> {
  const used = Number(await disk.shell('df -k --output=used "$1" | tail -1'));
  await disk.resize(used + kibibytes);
}

/** Nothing temporary is left, what was there is there, and with space everything works. */
async function expectSound(): Promise<void> {
  expect(await disk.shell('ls "$1"/store/tmp "$1"/store/locks/use')).toBe(
    `${disk.path}/store/locks/use:\n\n${disk.path}/store/tmp:\n`,
  );
  expect(await decant('images')).toMatchObject({
    status: 0,
    stdout: expect.stringContaining(BASE) as string,
  });
  expect(await decant('prune')).toMatchObject({ status: 0 });
  await disk.resize(PLENTY);
  expect(await decant('run', '--network=none', BASE, 'true')).toMatchObject({ status: 0 });
  expect(await decant('import', join(folder, 'big.tar'), 'fault:big')).toMatchObject({ status: 0 });
}

function context(name: string, files: Readonly<Record<string, string | Buffer>>): string {
  return writeFiles(join(folder, name), files);
}

describe('the store is full', () => {
  beforeEach(importBase);

  test('while importing', async () => {
    await leave(6 << 10);
    expectError(await decant('import', join(folder, 'big.tar'), 'fault:big'), 'DISK_FULL', full);
    await expectSound();
  });

  test('while loading', async () => {
    const other = await makeStore(join(folder, 'other'));
    await need(other, ['import', join(folder, 'big.tar'), 'fault:big']);
    await need(other, ['save', '-o', join(folder, 'saved.tar'), 'fault:big']);
    await leave(6 << 10);
    expectError(await decant('load', '-i', join(folder, 'saved.tar')), 'DISK_FULL', full);
    await expectSound();
  });

  test('while packing', async () => {
    const place = context('packing', { Dockerfile: `FROM ${BASE}\nCOPY big /\n`, big: noise(12 << 20) });
    await leave(6 << 10);
    expectError(await decant('build', '-t', 'fault:packed', place), 'DISK_FULL', full);
    await expectSound();
    expect(await decant('build', '-t', 'fault:packed', place)).toMatchObject({ status: 0 });
  });

  test('while unpacking, for a step and for a container', async () => {
    await decant('import', join(folder, 'big.tar'), 'fault:big');
    const place = context('unpacking', {
      Dockerfile: `FROM ${BASE}\nCOPY --from=fault:big /big /\nRUN true\n`,
    });
    await leave(10 << 10);
    expectError(await decant('build', place), 'DISK_FULL', full);
    expectError(await decant('run', 'fault:big', '/big'), 'DISK_FULL', full);
    await expectSound();
  });

  test("while a step writes: that is the process's own error", async () => {
    const script = 'dd if=/dev/urandom of=/big bs=1024 count=40000';
    const place = context('writing', { Dockerfile: `FROM ${BASE}\nRUN ${script}\n` });
    await decant('run', BASE, 'true');
    await leave(8 << 10);
    const result = await decant('build', place);
    expectError(result, 'EXEC_FAILED', { message: /dd if/, hint: /space/, place: 'Dockerfile:2' });
    expect(result.stderr).toContain('No space left on device');
    await expectSound();
  });

  test('of names: many small files', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({ name: `many/${index}`, content: '' }));
    writeFileSync(join(folder, 'many.tar'), baseTar(...many));
    await decant('import', join(folder, 'many.tar'), 'fault:many');
    await disk.shell('mount -o remount,nr_inodes=1000 "$1"');
    expectError(await decant('run', 'fault:many', 'true'), 'DISK_FULL', full);
    await disk.shell('mount -o remount,nr_inodes=0 "$1"');
    expect(await decant('run', '--network=none', 'fault:many', 'true')).toMatchObject({ status: 0 });
    await decant('rmi', 'fault:many');
    await expectSound();
  });

  test('to the last byte: what needs no space goes on, and prune and rmi make some', async () => {
    await decant('import', join(folder, 'big.tar'), 'fault:big');
    await decant('run', BASE, 'true');
    await disk.shell('cat /dev/zero > "$1"/filler || true');
    expect(await decant('images')).toMatchObject({ status: 0 });
    expect(await decant('inspect', BASE)).toMatchObject({ status: 0 });
    expectError(await decant('import', join(folder, 'base.tar'), 'fault:again'), 'DISK_FULL', full);
    expect(await decant('prune', '--all')).toMatchObject({ status: 0 });
    expect(await decant('rmi', 'fault:big')).toMatchObject({ status: 0 });
    await disk.shell('rm "$1"/filler');
    await expectSound();
  });

  test('from the first byte', async () => {
    await disk.shell('rm -rf "$1"/*; cat /dev/zero > "$1"/filler || true');
    expectError(await decant('import', join(folder, 'base.tar'), BASE), 'DISK_FULL', full);
    await disk.shell('rm "$1"/filler');
    expect(await decant('import', join(folder, 'base.tar'), BASE)).toMatchObject({ status: 0 });
    await expectSound();
  });
});

describe('where the result goes is full', () => {
  test.each([
    ['type=oci', ['build', '-o', 'type=oci,dest=@/out.tar']],
    ['type=docker', ['build', '-o', 'type=docker,dest=@/out.tar']],
    ['type=tar', ['build', '-o', 'type=tar,dest=@/out.tar']],
    ['type=oci as a directory', ['build', '-o', 'type=oci,tar=false,dest=@/out']],
    ['type=local', ['build', '-o', 'type=local,dest=@/out']],
  ])('%s', async (_, args) => {
    const place = context('outputs', { Dockerfile: 'FROM scratch\nCOPY big /\n', big: noise(6 << 20) });
    const elsewhere = join(folder, 'elsewhere');
    await leave(2 << 10);
    const words = args.map((word) => word.replace('@', disk.path));
    expectError(await disk.decant(elsewhere, [...words, place]), 'DISK_FULL', {
      ...full,
      message: /writing .*out/,
    });
    // A directory may be there, in part: the files of an archive are not.
    if (!words.join(' ').includes('tar=false') && !words.join(' ').includes('local')) {
      expect(await disk.shell('ls "$1"')).toBe('');
    }
  });

  test('save', async () => {
    const elsewhere = join(folder, 'save', 'store');
    await need(elsewhere, ['import', join(folder, 'big.tar'), 'fault:big']);
    await leave(2 << 10);
    expectError(
      await disk.decant(elsewhere, ['save', '-o', join(disk.path, 'out.tar'), 'fault:big']),
      'DISK_FULL',
      full,
    );
    expect(await disk.shell('ls "$1"')).toBe('');
  });

  test('--iidfile and --metadata-file', async () => {
    const place = context('files', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    await disk.shell('cat /dev/zero > "$1"/filler || true');
    for (const flag of ['--iidfile', '--metadata-file']) {
      const result = await disk.decant(join(folder, 'elsewhere'), [
        'build',
        flag,
        join(disk.path, 'out'),
        place,
      ]);
      expectError(result, 'DISK_FULL', full);
    }
  });

  test('standard output', async () => {
    const place = context('stdout', { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });
    const script = '"$@" > /dev/full';
    const options = { through: ['sh', '-c', script, 'sh'] };
    for (const args of [
      ['build', '-o', 'type=tar', place],
      ['save', BASE],
      ['images'],
      ['inspect', BASE],
      ['build', '-q', place],
    ]) {
      expectError(await run(await store(), args, options), 'DISK_FULL', {
        message: /no space left/,
        hint: 'any',
      });
    }
  });
});

let shared: Promise<string> | undefined;
const store = (): Promise<string> => (shared ??= makeStore(join(folder, 'shared')));

test('whatever the size, a build is done or says that the disk is full; then the same build gives the same image', async () => {
  // For a while the step needs far more than anything that may be written beside it.
  const script =
    'dd if=/bin/busybox of=/copy bs=1024 && cat /copy /copy /copy > /more && rm /more && echo done > /done';
  const dockerfile = `FROM ${BASE} AS one\nRUN ${script}\nCOPY big /big\nFROM ${BASE}\nCOPY --from=one /copy /big /done /\n`;
  const place = context('sweep', { Dockerfile: dockerfile, big: noise(1 << 20) });
  const imageId = async (): Promise<string> => {
    expect(await decant('build', '--network=none', '-t', 'fault:sweep', place)).toMatchObject({ status: 0 });
    const [{ id }] = JSON.parse((await decant('inspect', '--format=json', 'fault:sweep')).stdout) as [
      { id: string },
    ];
    await decant('rmi', 'fault:sweep');
    await decant('prune', '--all');
    return id;
  };
  await importBase();
  const expected = await imageId();
  const outcomes = new Set<string>();
  for (let kibibytes = 0; kibibytes <= 16 << 10; kibibytes += 1500) {
    await leave(kibibytes);
    const result = await decant('build', '--network=none', '-t', 'fault:sweep', place);
    expectNoTrace(result);
    const code = /^error: .*\[(\w+)\]$/m.exec(result.stderr)?.[1] ?? 'done';
    outcomes.add(code);
    expect(['done', 'DISK_FULL', 'EXEC_FAILED'], `${kibibytes} KiB: ${result.stderr}`).toContain(code);
    expect(await disk.shell('ls "$1"/store/tmp')).toBe('');
    await disk.resize(PLENTY);
    expect(await imageId()).toBe(expected);
  }
  expect([...outcomes].sort()).toEqual(['DISK_FULL', 'EXEC_FAILED', 'done']);
});
