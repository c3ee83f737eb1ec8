/**
 * The base that an application asks for, with programs of Debian's own packages put alone into folders: what is
 * suggested runs them, and with any one package less it does not.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { elfFile } from '../../src/codec/testing-elf.ts';
import { zipFile } from '../../src/codec/testing-zip.ts';
import { runOn, suggested, taken, without } from '../support/suggest.ts';
import { BASE, type Workbench, withBase } from '../support/workbench.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await withBase();
  await taken(
    bench,
    { from: 'python3', packages: ['sqlite3', 'mawk', 'python3-psycopg2'] },
    {
      sqlite: '/usr/bin/sqlite3',
      mawk: '/usr/bin/mawk',
      psycopg: '/usr/lib/python3/dist-packages',
    },
  );
});
afterAll(() => bench.remove());

describe('a program that is linked to libraries', () => {
  const query = ['/app/sqlite3', ':memory:', 'select 6 * 7'];

  test('runs on what is suggested, and not with a package less', async () => {
    await bench.need(['base', 'suggest', 'sqlite', '-o', 'sqlite-base.yaml', '--progress', 'quiet']);
    const recipe = readFileSync(bench.path('sqlite-base.yaml'), 'utf8');
    expect(await runOn(bench, recipe, 'sqlite', query)).toMatchObject({ status: 0, stdout: '42\n' });
    const names = [...recipe.matchAll(/^ {2}- (.+)$/gm)].map(([, name]) => name ?? '');
    expect(names).toEqual(['libreadline8t64', 'libsqlite3-0', 'zlib1g']);
    const lacking = await runOn(bench, without(recipe, 'libsqlite3-0'), 'sqlite', query);
    expect(lacking.stderr).toContain('error while loading shared libraries: libsqlite3.so.0');
  });

  test('asks for the same in an image, and in an archive of it', async () => {
    const onDisk = await suggested(bench, 'sqlite/sqlite3');
    await bench.need(['save', 'tried:app', '-o', 'tried.tar']);
    for (const what of ['tried:app', 'tried.tar']) {
      const { base, packages } = await suggested(bench, what);
      expect([base, packages.map(({ name }) => name)]).toEqual([
        'base-nossl',
        onDisk.packages.map(({ name }) => name),
      ]);
    }
  });
});

test('a program that is newer than a release names what is missing, and the release that has it', async () => {
  const { status, stdout, stderr } = await bench.decant(['base', 'suggest', 'mawk', '--suite', '12']);
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^mawk needs GLIBC_2\.38 of libm\.so\.6; Debian 12 \(bookworm\) has up to GLIBC_2\.35$/m,
  );
  expect(stderr).toContain('hint: Debian 13 (trixie) has all of it: --suite 13');
  expect((await suggested(bench, 'mawk')).suite).toBe('13');
});

test('a Python module brings Python and its libraries, in a folder and in a wheel', async () => {
  const answer = await suggested(bench, 'psycopg');
  expect(answer).toMatchObject({ suite: '13', base: 'python3', environment: { PYTHONPATH: '/app' } });
  expect(answer.packages.map(({ name }) => name)).toEqual(['libpq5']);
  const show = ['/usr/bin/python3', '-c', 'import psycopg2; print(psycopg2.__version__)'];
  expect((await runOn(bench, answer.recipe ?? '', 'psycopg', show)).stdout).toMatch(/^2\./);

  const module = readdirSync(bench.path('psycopg/psycopg2')).find((name) => name.endsWith('.so')) ?? '';
  const bytes = readFileSync(bench.path(`psycopg/psycopg2/${module}`));
  writeFileSync(
    bench.path('psycopg2-2.9-cp313-cp313-linux_x86_64.whl'),
    zipFile({ [`psycopg2/${module}`]: bytes }),
  );
  const wheel = await suggested(bench, 'psycopg2-2.9-cp313-cp313-linux_x86_64.whl');
  expect(wheel).toMatchObject({ base: 'python3', packages: [{ name: 'libpq5' }] });
});

test('a module is suggested the release that has its Python, or told that none has', async () => {
  writeFileSync(bench.path('a-1-cp311-cp311-linux_x86_64.whl'), zipFile({}));
  const older = await suggested(bench, 'a-1-cp311-cp311-linux_x86_64.whl');
  expect(older).toMatchObject({ suite: '12', base: 'python3', problems: [] });
  writeFileSync(bench.path('a-1-cp39-cp39-linux_x86_64.whl'), zipFile({}));
  const { status, stderr } = await bench.decant(['base', 'suggest', 'a-1-cp39-cp39-linux_x86_64.whl']);
  expect(status).toBe(1);
  expect(stderr).toContain('is a wheel for Python 3.9; the Python of Debian 13 (trixie) is 3.13');
});

describe('a program without libraries', () => {
  test('asks for static, and runs there', async () => {
    const context = bench.files({
      Dockerfile: `FROM ${BASE} AS a\nFROM scratch\nCOPY --from=a /bin/busybox /\n`,
    });
    await bench.need(['build', '-o', `type=local,dest=${bench.path('static')}`, context]);
    expect(existsSync(bench.path('static/busybox'))).toBe(true);
    const { base, packages, recipe } = await suggested(bench, 'static');
    expect([base, packages]).toEqual(['static', []]);
    const ran = await runOn(bench, recipe ?? '', 'static', ['/app/busybox', 'echo', 'hello']);
    expect(ran.stdout).toBe('hello\n');
  });

  test('that opens nothing of the base would do with scratch', async () => {
    bench.files({ tiny: { text: elfFile({ type: 2 }), mode: 0o755 } }, 'tiny');
    expect(await suggested(bench, 'tiny')).toMatchObject({ base: 'static', scratch: true });
  });
});

describe('what cannot be', () => {
  test('is a library that nothing has, unless it may be missing', async () => {
    mkdirSync(bench.path('odd'));
    const interpreter = '/lib64/ld-linux-x86-64.so.2';
    writeFileSync(bench.path('odd/app'), elfFile({ interpreter, needed: ['libnothing.so.9', 'libc.so.6'] }));
    const { status, stderr } = await bench.decant(['base', 'suggest', 'odd', '--suite', '12']);
    expect(status).toBe(1);
    expect(stderr).toContain('app needs libnothing.so.9, which no package of Debian 12 (bookworm) has');
    expect(stderr).toContain('no base of Debian 12 runs odd [NEEDS_UNMET]');
    const ignoring = await suggested(bench, 'odd', '--suite', '12', '--ignore', 'libnothing.so.9');
    expect(ignoring).toMatchObject({ base: 'base-nossl', packages: [], problems: [] });
  });

  test.each([
    [['base', 'suggest', 'text'], 1, 'there is no program in text [PROGRAM_MISSING]'],
    [['base', 'suggest', './nowhere'], 1, 'there is no ./nowhere [FILE_UNREADABLE]'],
    [['base', 'suggest', 'nowhere'], 1, '[IMAGE_UNKNOWN]'],
    [['base', 'suggest', 'text', '--suite', '99'], 2, 'there is no suite "99" [USAGE]'],
    [['base', 'suggest', 'text', '-o', 'recipe'], 2, 'is no name for a recipe [USAGE]'],
    [['base', 'suggest', 'damaged.tar'], 1, 'damaged.tar'],
  ])('%j ends with %i', async (args, status, message) => {
    writeFileSync(bench.path('text'), 'only text\n');
    writeFileSync(bench.path('damaged.tar'), Buffer.from('1f8b0800aaaa', 'hex'));
    const ended = await bench.decant(args);
    expect(ended.stderr).toContain(message);
    expect([ended.status, ended.stdout]).toEqual([status, '']);
  });
});
