/** What is around the program: streams that are closed, folders that cannot be written, variables that are not set. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { SELF, USERS } from '../support/users.ts';
import { expectError, expectNoTrace, need, run } from './support/decant.ts';
import type { Ended } from './support/decant.ts';
import { BASE, copyOf, giveTo, makeStore, NOBODY, temporary, writeFiles } from './support/place.ts';
import { noise } from './support/random.ts';

/** Mounts of one's own are root's to make, if only root of a user namespace. */
const OWN_MOUNTS = ['unshare', ...(SELF.uid === 0 ? [] : ['--map-root-user']), '--mount'];
/** The same with all users that one may be, which steps need. */
const OWN_MOUNTS_AND_USERS = [...OWN_MOUNTS, ...(SELF.uid === 0 ? [] : ['--map-auto'])];

const folder = temporary();
let home = '';
let context = '';

beforeAll(async () => {
  home = await makeStore(folder);
  context = writeFiles(join(folder, 'context'), {
    Dockerfile: `FROM ${BASE}\nRUN seq 1 20000\nCOPY noise /\n`,
    noise: noise(3 << 20),
  });
});

/** Through a shell, with `"$@"` in the script for the program and its arguments. */
function through(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Ended> {
  return run(home, args, { through: ['bash', '-c', script, 'bash'], env });
}

describe('standard output', () => {
  test.each<[string, readonly string[]]>([
    ['images', ['images']],
    ['images as JSON', ['images', '--format=json']],
    ['inspect', ['inspect', BASE]],
    ['history', ['history', BASE]],
    ['help', ['--help']],
    ['help of a command', ['build', '--help']],
    ['the version', ['--version']],
    ['doctor', ['doctor']],
  ])('is read by somebody who has left: %s', async (_, args) => {
    const result = await through('"$@" | true; exit ${PIPESTATUS[0]}', args);
    expect(result, result.stderr).toMatchObject({ status: 0, stderr: '' });
  });

  test('is read by somebody who leaves early', async () => {
    const result = await through('"$@" | head -c 1 >/dev/null; exit ${PIPESTATUS[0]}', [
      'inspect',
      '--format=json',
      BASE,
    ]);
    expect(result, result.stderr).toMatchObject({ status: 0, stderr: '' });
  });

  test('is closed', async () => {
    expect(await through('"$@" >&-', ['images'])).toMatchObject({ status: 0, stderr: '' });
  });

  test.each<[string, readonly string[]]>([
    ['save', ['save', BASE]],
    ['build -o -', ['build', '--network=none', '--progress=quiet', '-o', '-', '@']],
    ['build -o type=oci', ['build', '--network=none', '--progress=quiet', '-o', 'type=oci', '@']],
  ])('takes an archive, and its reader leaves early: %s', async (_, args) => {
    const words = args.map((word) => (word === '@' ? context : word));
    const result = await through('"$@" | head -c 1000 >/dev/null; exit ${PIPESTATUS[0]}', words);
    expectError(result, 'FILE_UNWRITABLE', { message: /standard output/, hint: /has ended/ });
    expect(readdirSync(join(home, 'tmp'))).toEqual([]);
  });

  // The first process of a container is not ended by SIGPIPE, but told.
  test('of a container has a reader that leaves: its process is told', async () => {
    const result = await through('"$@" | head -1; exit ${PIPESTATUS[0]}', [
      'run',
      '--network=none',
      BASE,
      'yes',
    ]);
    expect(result).toMatchObject({ status: 1, stdout: 'y\n', stderr: 'yes: (null): Broken pipe\n' });
  });
});

describe('standard error', () => {
  test.each([
    ['is closed', '"$@" 2>&-'],
    ['is full', '"$@" 2>/dev/full'],
    ['has a reader that leaves', '"$@" 2> >(head -1 >/dev/null)'],
  ])('%s: the build is done all the same', async (_, script) => {
    const file = join(mkdtempSync(join(folder, 'id-')), 'id');
    const result = await through(script, [
      'build',
      '--network=none',
      '--no-cache',
      '--iidfile',
      file,
      context,
    ]);
    expect(result).toMatchObject({ status: 0 });
    expect(readFileSync(file, 'utf8')).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test('is full, and there is an error to tell: the status tells it', async () => {
    expect(await through('"$@" 2>/dev/full', ['nosuch'])).toMatchObject({ status: 2 });
    expect(await through('"$@" 2>/dev/full', ['inspect', 'nothere'])).toMatchObject({ status: 1 });
    expect(await through('"$@" >/dev/full 2>&1', ['images'])).toMatchObject({ status: 1 });
  });
});

describe('standard input', () => {
  test('is closed', async () => {
    expect(await through('"$@" <&-', ['build', '--network=none', '-q', context])).toMatchObject({
      status: 0,
    });
    expect(await through('"$@" <&-', ['run', '--network=none', '-i', BASE, 'cat'])).toMatchObject({
      stdout: '',
    });
    expectError(await through('"$@" <&-', ['build', '-']), 'DOCKERFILE_MISSING', {
      message: /standard input/,
      hint: /./,
    });
    expectError(await through('"$@" <&-', ['import', '-', 'x']), 'ARCHIVE_INVALID', {
      message: /empty/,
      hint: /./,
    });
  });

  test('is a directory', async () => {
    for (const args of [['build', '-'], ['import', '-', 'x'], ['load']]) {
      const result = await through('"$@" </', args);
      expectNoTrace(result);
      expect(result.status, result.stderr).toBe(1);
      expect(result.stderr.match(/^error: .*standard input.*\]$/gm), result.stderr).toHaveLength(1);
    }
  });
});

describe('the environment', () => {
  test('has no HOME and no DECANT_HOME', async () => {
    const user = SELF.uid === 0 ? NOBODY : undefined;
    const env = { HOME: undefined, XDG_DATA_HOME: undefined };
    expectError(await run(undefined, ['images'], { user, env }), 'STORE_UNWRITABLE', {
      message: /HOME/,
      hint: /DECANT_HOME/,
    });
    expectError(
      await run(undefined, ['images'], { user, env: { ...env, HOME: 'relative' } }),
      'STORE_UNWRITABLE',
      { message: /HOME/, hint: /DECANT_HOME/ },
    );
    expect(await run(undefined, ['--version'], { user, env })).toMatchObject({ status: 0 });
  });

  test('has nothing at all', async () => {
    const result = await run(home, ['build', '--network=none', '-q', context], {
      through: ['env', '-i', `DECANT_HOME=${home}`],
    });
    expect(result, result.stderr).toMatchObject({ status: 0 });
  });

  test('has a relative DECANT_HOME: it counts from where the program is started', async () => {
    const away = join(folder, 'away');
    mkdirSync(away);
    await need('own/store', ['import', join(folder, 'base.tar'), BASE], { cwd: away });
    expect(existsSync(join(away, 'own/store/index.json'))).toBe(true);
    const place = writeFiles(join(away, 'context'), {
      Dockerfile: `FROM ${BASE}\nRUN true\nCOPY Dockerfile /\n`,
    });
    expect(await run('own/store', ['build', '--network=none', place], { cwd: away })).toMatchObject({
      status: 0,
    });
    expect(await run('own/store', ['run', '--network=none', BASE, 'true'], { cwd: away })).toMatchObject({
      status: 0,
    });
  });

  test.each([
    ['a file', 'file', /file/],
    ['below a file', 'file/below', /file/],
    ['a link to nothing', 'dangling', /dangling/],
    ['a folder of something else', 'other', /not empty/],
    ['in a system folder', '/proc/decant', /proc/],
  ])('has a DECANT_HOME that is %s', async (_, name, message) => {
    const place = mkdtempSync(join(folder, 'homes-'));
    writeFiles(place, { file: 'x', 'other/precious': 'x' });
    symlinkSync('/nowhere/at/all', join(place, 'dangling'));
    const store = name.startsWith('/') ? name : join(place, name);
    const result = await run(store, ['import', join(folder, 'base.tar'), BASE]);
    expectError(result, 'STORE_UNWRITABLE', { message, hint: /DECANT_HOME/ });
    expect(readdirSync(join(place, 'other'))).toEqual(['precious']);
  });

  test('lacks the programs that RUN needs', async () => {
    const place = writeFiles(join(folder, 'tools'), { Dockerfile: `FROM ${BASE}\nRUN echo new\n` });
    const hide = 'mount --bind /dev/null "$(command -v bwrap)" && exec "$@"';
    const lacking = { through: [...OWN_MOUNTS, 'sh', '-c', hide, 'sh'] };
    expectError(await run(home, ['build', '--network=none', '--no-cache', place], lacking), 'TOOL_MISSING', {
      message: /bwrap|bubblewrap/,
      hint: /install/,
    });
    expectError(await run(home, ['run', '--network=none', BASE, 'true'], lacking), 'TOOL_MISSING', {
      message: /bwrap|bubblewrap/,
      hint: /install/,
    });
    const copying = writeFiles(join(folder, 'no-run'), { Dockerfile: `FROM ${BASE}\nCOPY Dockerfile /\n` });
    expect(await run(home, ['build', '-q', copying], lacking)).toMatchObject({ status: 0 });
  });

  test('has a current folder that is gone', async () => {
    const result = await through(`cd "$(mktemp -d)" && rmdir "$PWD" && "$@"`, ['images']);
    expect(result, result.stderr).toMatchObject({ status: 0 });
    const relative = await through(`cd "$(mktemp -d)" && rmdir "$PWD" && "$@"`, ['build', '.']);
    expectError(relative, 'CONTEXT_MISSING', { message: /"\."/, hint: /./ });
  });

  test('has another language, time zone and umask: the image is the same', async () => {
    const build = [
      'build',
      '--network=none',
      '-q',
      '--no-cache',
      writeFiles(join(folder, 'same'), {
        Dockerfile: `FROM ${BASE}\nCOPY d /d\nWORKDIR /w\n`,
        'd/ä': 'x',
        'd/Z': 'x',
        'd/a': 'x',
      }),
    ];
    const plain = await need(home, build);
    const odd = await through('umask 077; "$@"', build, {
      LC_ALL: 'tr_TR.UTF-8',
      LANG: 'tr_TR.UTF-8',
      TZ: 'Asia/Kathmandu',
    });
    expect(odd).toMatchObject({ status: 0, stdout: plain.stdout });
  });
});

describe('a store that can only be read', () => {
  const unwritable = { message: /store/, hint: /DECANT_HOME/ } as const;

  test('shows its images and says what it cannot do', async () => {
    const store = copyOf(home, join(folder, 'read-only'));
    const user = SELF.uid === 0 ? USERS.at(-1) : undefined;
    if (!user) execFileSync('chmod', ['-R', 'a-w', store]);
    // What is private to its owner is not for others to read either.
    else execFileSync('chmod', ['-R', 'a+rX', store]);
    const as = { user, env: { HOME: folder } };
    for (const args of [['images'], ['inspect', BASE], ['history', BASE]]) {
      expect(await run(store, args, as)).toMatchObject({ status: 0 });
    }
    const place = writeFiles(join(folder, 'ro'), { Dockerfile: `FROM ${BASE}\nCOPY Dockerfile /\n` });
    for (const args of [
      ['build', place],
      ['import', join(folder, 'base.tar'), 'x'],
      ['tag', BASE, 'x'],
      ['rmi', BASE],
      // In its user namespace the owner may write whatever the modes say.
      ...(user ? [['prune']] : []),
      ['load', '-i', join(folder, 'base.tar')],
    ]) {
      expectError(await run(store, args, as), 'STORE_UNWRITABLE', unwritable);
    }
    if (!user) execFileSync('chmod', ['-R', 'u+w', store]);
  });

  test('because its file system is', async () => {
    const store = copyOf(home, join(folder, 'mounted'));
    const mount = 'mount --bind "$M" "$M" && mount -o remount,bind,ro "$M" && exec "$@"';
    const inside = (args: readonly string[]): Promise<Ended> =>
      run(store, args, { through: [...OWN_MOUNTS, 'sh', '-c', mount, 'sh'], env: { M: store } });
    expect(await inside(['images'])).toMatchObject({ status: 0 });
    for (const args of [
      ['import', join(folder, 'base.tar'), 'x'],
      ['build', context],
      ['prune'],
      ['run', '--network=none', BASE, 'true'],
    ]) {
      expectError(await inside(args), 'STORE_UNWRITABLE', unwritable);
    }
  });
});

describe('the store is on a file system from which no program can be started', () => {
  test('steps run all the same, as long as there is another one', async () => {
    const store = copyOf(home, join(folder, 'noexec'));
    const mount = 'mount --bind "$M" "$M" && mount -o remount,bind,noexec "$M" && exec "$@"';
    const inside = (TMPDIR: string): Promise<Ended> =>
      run(store, ['run', '--network=none', BASE, 'echo', 'ran'], {
        through: [...OWN_MOUNTS_AND_USERS, 'sh', '-c', mount, 'sh'],
        env: { M: store, TMPDIR },
      });
    const other = mkdtempSync(join(folder, 'exec-'));
    expect(await inside(other)).toMatchObject({ status: 0, stdout: 'ran\n', stderr: '' });
    expect(readdirSync(other)).toEqual([]);
    const same = mkdtempSync(join(store, 'tmp', 'noexec-'));
    expectError(await inside(same), 'MACHINE_UNSUPPORTED', {
      message: /no program can be started/,
      hint: /noexec/,
    });
    expect(readdirSync(same)).toEqual([]);
  });
});

test('where no file can be made in memory, steps are told by pipes what they need', async () => {
  const mount = 'mount -t tmpfs -o ro none /dev/shm && exec "$@"';
  const result = await run(home, ['run', '--network=none', BASE, 'cat', '/etc/hosts'], {
    through: [...OWN_MOUNTS_AND_USERS, 'sh', '-c', mount, 'sh'],
  });
  expect(result).toMatchObject({ status: 0, stdout: expect.stringContaining('localhost'), stderr: '' });
});

describe('where results go', () => {
  const place = (): string =>
    writeFiles(join(folder, 'results'), { Dockerfile: 'FROM scratch\nCOPY Dockerfile /\n' });

  test.each<[string, readonly string[]]>([
    ['--iidfile', ['build', '--iidfile', '@']],
    ['--metadata-file', ['build', '--metadata-file', '@']],
    ['type=oci', ['build', '-o', 'type=oci,dest=@']],
    ['type=docker', ['build', '-o', 'type=docker,dest=@']],
    ['type=tar', ['build', '-o', 'type=tar,dest=@']],
    ['save', ['save', '-o', '@', BASE]],
  ])('%s: in a folder that is not there, or is a folder', async (_, args) => {
    const target = mkdtempSync(join(folder, 'target-'));
    mkdirSync(join(target, 'full/of/something'), { recursive: true });
    for (const name of ['missing/file', 'full']) {
      const words = args.map((word) => word.replace('@', join(target, name)));
      const result = await run(home, words[0] === 'build' ? [...words, place()] : words);
      expectError(result, 'FILE_UNWRITABLE', { message: new RegExp(`cannot write .*${name}`), hint: /./ });
    }
    expect(readdirSync(target)).toEqual(['full']);
  });

  test('may not be written by this user', async () => {
    const target = mkdtempSync(join(folder, 'closed-'));
    const own = join(folder, 'own');
    mkdirSync(own);
    const user = SELF.uid === 0 ? NOBODY : undefined;
    if (user) giveTo(user, own);
    chmodSync(target, 0o555);
    for (const flags of [
      ['-o', `type=tar,dest=${target}/x`],
      ['-o', `type=local,dest=${target}/x`],
      ['-o', `type=oci,tar=false,dest=${target}/x`],
      ['--iidfile', `${target}/x`],
    ]) {
      const result = await run(join(own, 'store'), ['build', ...flags, place()], {
        user,
        env: { HOME: own },
      });
      expectError(result, 'FILE_UNWRITABLE', { message: /cannot write/, hint: /./ });
    }
  });

  test('an existing file is replaced whole, or stays as it was', async () => {
    const file = join(folder, 'there.tar');
    writeFileSync(file, 'before');
    const failing = writeFiles(join(folder, 'failing'), { Dockerfile: `FROM ${BASE}\nRUN false\n` });
    expect(
      (await run(home, ['build', '--network=none', '-o', `type=tar,dest=${file}`, failing])).status,
    ).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('before');
    expect(await run(home, ['build', '-o', `type=tar,dest=${file}`, place()])).toMatchObject({ status: 0 });
    expect(readFileSync(file).subarray(0, 10).toString()).toBe('Dockerfile');
    rmSync(file);
  });
});
