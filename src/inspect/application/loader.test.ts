import { expect, test } from 'vitest';
import type { Elf } from '../../codec/elf.ts';
import type { NativeObject } from './facts.ts';
import { type Loaded, loadAll } from './loader.ts';
import type { Machine } from './machine.ts';

const MACHINE: Machine = { platform: 'linux/amd64', triplet: 'x86_64-linux-gnu' };
const LOADER = '/lib64/ld-linux-x86-64.so.2';
const C = { [LOADER]: {}, '/lib/x86_64-linux-gnu/libc.so.6': {} };

interface Described {
  readonly needs?: readonly string[];
  readonly interpreter?: string;
  readonly soname?: string;
  readonly rpath?: string;
  readonly runpath?: string;
  readonly machine?: number;
  readonly wants?: Readonly<Record<string, readonly string[]>>;
  readonly defines?: readonly string[];
}

function elf({ needs = [], machine = 62, wants = {}, defines = [], ...rest }: Described): Elf {
  return {
    class: 64,
    littleEndian: true,
    type: 'shared',
    flags: 0,
    dynamic: true,
    machine,
    needed: needs,
    versionsNeeded: new Map(Object.entries(wants)),
    versionsDefined: defines,
    ...rest,
  };
}

type Files = Readonly<Record<string, Described>>;

/** An application's files, and with a leading slash those of the base. */
async function loaded(own: Files, base: Files = C, at = 'app'): Promise<Loaded> {
  const objects = new Map<string, NativeObject>(
    Object.entries(own).map(([path, described]) => [
      path,
      { path, elf: elf(described), executable: described.interpreter !== undefined, marks: [] },
    ]),
  );
  const below = new Map(Object.entries(base).map(([path, described]) => [path.slice(1), elf(described)]));
  return loadAll({
    objects,
    machine: MACHINE,
    at,
    findOwn: (path) => Promise.resolve(objects.get(path)),
    findBase: (path) => {
      const found = below.get(path);
      return Promise.resolve(found && { path, elf: found });
    },
  });
}

const program = (more: Described): Described => ({ interpreter: LOADER, ...more });
const library = (name: string, more: Described = {}): Files => ({
  [`/usr/lib/x86_64-linux-gnu/${name}`]: more,
});

test.each<readonly [string, Files, Files, readonly string[]]>([
  ['what the base has', { app: program({ needs: ['libc.so.6'] }) }, C, []],
  ['what nobody has', { app: program({ needs: ['liba.so.1', 'libc.so.6'] }) }, C, ['liba.so.1 ← app']],
  [
    'what a library of the base needs in turn',
    { app: program({ needs: ['liba.so.1'] }) },
    { ...C, ...library('liba.so.1', { needs: ['libb.so.2'] }) },
    ['libb.so.2 ← /usr/lib/x86_64-linux-gnu/liba.so.1'],
  ],
  [
    'what stands beside the program, by its run path',
    { 'bin/app': program({ needs: ['liba.so.1'], runpath: '$ORIGIN/../lib' }), 'lib/liba.so.1': {} },
    C,
    [],
  ],
  [
    'what an absolute run path leads to',
    { app: program({ needs: ['liba.so.1'], runpath: '/app/lib:/opt/lib' }), 'lib/liba.so.1': {} },
    C,
    [],
  ],
  [
    'a library of another processor',
    { app: program({ needs: ['liba.so.1'] }) },
    { ...C, ...library('liba.so.1', { machine: 183 }) },
    ['liba.so.1 ← app'],
  ],
  [
    'DT_RPATH, which libraries inherit',
    {
      app: program({ needs: ['liba.so.1'], rpath: '${ORIGIN}/x' }),
      'x/liba.so.1': { needs: ['libb.so.1'] },
      'x/libb.so.1': {},
    },
    C,
    [],
  ],
  ['a path instead of a name', { app: program({ needs: ['$ORIGIN/y/libq.so'] }), 'y/libq.so': {} }, C, []],
])('finds %s', async (_, own, base, missing) => {
  const found = await loaded(own, base);
  expect(found.missing.map(({ name, neededBy }) => `${name} ← ${neededBy.join(', ')}`)).toEqual(missing);
  expect(found.searchFolders).toEqual([]);
});

test('tells where the loader has to be told to look', async () => {
  const own = {
    app: program({ needs: ['liba.so.1'] }),
    'lib/liba.so.1.5': { soname: 'liba.so.1', needs: ['libc.so.6'] },
  };
  expect(await loaded(own)).toMatchObject({ missing: [], searchFolders: ['app/lib'] });
});

test('takes it that a runtime has loaded what one module needs of another', async () => {
  const own = { 'a.so': { needs: ['libb.so'] }, 'other/libb.so': {} };
  expect(await loaded(own)).toMatchObject({ missing: [], searchFolders: [] });
});

test('does not let RUNPATH count for what is loaded in turn', async () => {
  const own = {
    app: program({ needs: ['liba.so.1'], runpath: '/opt/x' }),
  };
  const base = { ...C, '/opt/x/liba.so.1': { needs: ['libb.so.1'] }, '/opt/x/libb.so.1': {} };
  expect((await loaded(own, base)).missing.map(({ name }) => name)).toEqual(['libb.so.1']);
});

test('names a loader that is not there', async () => {
  const musl = '/lib/ld-musl-x86_64.so.1';
  const found = await loaded({ app: { interpreter: musl, needs: ['libc.musl-x86_64.so.1'] } });
  expect(found).toMatchObject({ missing: [], missingLoaders: [{ name: musl, neededBy: ['app'] }] });
});

test('compares versions of symbols', async () => {
  const wants = { 'libc.so.6': ['GLIBC_2.34', 'GLIBC_2.38'] };
  const base = {
    ...C,
    '/lib/x86_64-linux-gnu/libc.so.6': {
      defines: ['GLIBC_2.9', 'GLIBC_2.34', 'GLIBC_2.36', 'GLIBC_PRIVATE'],
    },
  };
  const found = await loaded({ app: program({ needs: ['libc.so.6'], wants }) }, base);
  expect(found.missingVersions).toEqual([
    { library: 'libc.so.6', version: 'GLIBC_2.38', neededBy: 'app', highest: 'GLIBC_2.36' },
  ]);
});

test('takes a library without versions as it is, as the loader does', async () => {
  const wants = { 'libc.so.6': ['GLIBC_2.38'] };
  expect((await loaded({ app: program({ needs: ['libc.so.6'], wants }) })).missingVersions).toEqual([]);
});

test.each([
  [{ app: {} }, false],
  [{ app: program({}) }, true],
  [{ 'a.so': { needs: ['libc.so.6'] } }, true],
])('tells static programs', async (own, dynamic) => {
  expect((await loaded(own)).dynamic).toBe(dynamic);
});

test('ends where libraries need each other', async () => {
  const base = {
    ...C,
    ...library('liba.so', { needs: ['libb.so'] }),
    ...library('libb.so', { needs: ['liba.so'] }),
  };
  expect((await loaded({ app: program({ needs: ['liba.so'] }) }, base)).missing).toEqual([]);
});
