import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

import { describe, expect, test } from 'vitest';
import { elfFile } from '../../codec/testing-elf.ts';
import { zipFile } from '../../codec/testing-zip.ts';
import type { Entry } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { file, treeOf } from '../../tree/testing.ts';
import { inspectApplication } from './application.ts';
import type { ApplicationFacts } from './facts.ts';

const RUN = { mode: 0o755 };
const LOADER = '/lib64/ld-linux-x86-64.so.2';
const program = elfFile({ interpreter: LOADER, needed: ['libc.so.6'] });
const module = elfFile({ needed: ['libc.so.6'] });

function facts(...entries: readonly Entry[]): Promise<ApplicationFacts> {
  return factsOf({}, ...entries);
}

function factsOf(
  more: { readonly started?: readonly string[]; readonly platform?: string },
  ...entries: readonly Entry[]
): Promise<ApplicationFacts> {
  const open: OpenContent = ({ content }) =>
    content.kind === 'inline' ? content.bytes : Buffer.from(content.kind);
  return inspectApplication({ tree: treeOf(...entries), open, ...more });
}

const runtimes = ({ runtimes: found }: ApplicationFacts): readonly string[] =>
  found.map(({ language, versions, path }) => [language, versions ?? 'any', path].join(' '));

const javaClass = (major: number): Buffer => Buffer.from([0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, major]);

describe('native files', () => {
  test('are programs and libraries of one processor', async () => {
    const arm = elfFile({ machine: 183, needed: ['libc.so.6'] });
    const found = await facts(
      file('bin/a', program, RUN),
      file('x/b.so', module),
      file('y/b.so', arm),
      file('z', 'text'),
    );
    expect([...found.objects.keys()]).toEqual(['bin/a', 'x/b.so']);
    expect(found.machine?.triplet).toBe('x86_64-linux-gnu');
    expect(found.notes).toEqual(['one file is for linux/arm64: set aside']);
  });

  test('of the processor that is asked for', async () => {
    const arm = elfFile({ machine: 183, needed: ['libc.so.6'] });
    const found = await factsOf({ platform: 'linux/arm64' }, file('a.so', module), file('b.so', arm));
    expect([...found.objects.keys()]).toEqual(['b.so']);
  });

  test('for musl beside those for glibc are set aside', async () => {
    const musl = elfFile({ needed: ['libc.musl-x86_64.so.1'] });
    const found = await facts(file('glibc/b.node', module), file('musl/b.node', musl));
    expect([...found.objects.keys()]).toEqual(['glibc/b.node']);
    expect(found.notes).toEqual(['musl/b.node is for another C library (musl or Android): set aside']);
  });

  test('of other systems, and debug data, are none', async () => {
    const freebsd = Buffer.from(module);
    freebsd[7] = 9;
    expect((await facts(file('a.so', freebsd), file('b.debug', module))).objects.size).toBe(0);
  });

  test('inside of archives, and archives inside of these', async () => {
    const inner = zipFile({ 'native/libx.so': module });
    const found = await facts(file('app.jar', zipFile({ 'BOOT-INF/lib/x.jar': inner }, { method: 0 })));
    expect([...found.objects.keys()]).toEqual(['app.jar!/BOOT-INF/lib/x.jar!/native/libx.so']);
  });

  test('that load a library by its name', async () => {
    const threads = Buffer.concat([program, Buffer.from('\0pthread_exit\0')]);
    const found = await facts(file('a', threads, RUN), file('libSystem.Globalization.Native.so', module));
    expect(found.named.map(({ anyOf, path }) => `${path}: ${anyOf.join(' or ')}`).toSorted()).toEqual([
      'a: libgcc_s.so.1',
      'libSystem.Globalization.Native.so: libicui18n.so.72 or libicui18n.so.76',
      'libSystem.Globalization.Native.so: libicuuc.so.72 or libicuuc.so.76',
    ]);
  });
});

describe('runtimes', () => {
  test.each<readonly [string, readonly Entry[], readonly string[]]>([
    [
      'a Python module',
      [file('x/_a.cpython-311-x86_64-linux-gnu.so', module)],
      ['python 3.11.* x/_a.cpython-311-x86_64-linux-gnu.so'],
    ],
    ['a Python module for any version', [file('_a.abi3.so', module)], ['python any _a.abi3.so']],
    [
      'a wheel',
      [file('a-1-cp313-cp313-manylinux_2_28_x86_64.whl', zipFile({}))],
      ['python 3.13.* a-1-cp313-cp313-manylinux_2_28_x86_64.whl'],
    ],
    [
      'a wheel from some version on',
      [file('a-1-cp38-abi3-linux_x86_64.whl', zipFile({}))],
      ['python >=3.8 a-1-cp38-abi3-linux_x86_64.whl'],
    ],
    ['a Python program', [file('app.py', 'print()')], ['python any app.py']],
    [
      'metadata of a distribution',
      [file('a-1.dist-info/METADATA', 'Name: a\nRequires-Python: >=3.12\n')],
      ['python >=3.12 a-1.dist-info/METADATA'],
    ],
    [
      'a pyproject.toml',
      [file('pyproject.toml', '[project]\nrequires-python = ">=3.11"\n')],
      ['python >=3.11 pyproject.toml'],
    ],
    ['package.json', [file('package.json', '{"engines":{"node":">=20"}}')], ['node >=20 package.json']],
    ['package.json of packages', [file('node_modules/a/package.json', '{"engines":{"node":">=99"}}')], []],
    [
      'a Node addon',
      [file('a.node', Buffer.concat([module, Buffer.from('\0node_register_module_v115\0')]))],
      ['node 20.* a.node'],
    ],
    ['a Node addon for any version', [file('a.node', module)], ['node any a.node']],
    ['JavaScript alone', [file('server.mjs', '1')], ['node any server.mjs']],
    [
      'a jar',
      [file('a.jar', zipFile({ 'A.class': javaClass(61), 'META-INF/versions/25/A.class': javaClass(69) }))],
      ['java >=17 a.jar'],
    ],
    ['a jar without classes', [file('a.jar', zipFile({ 'a.txt': '' }))], ['java any a.jar']],
    ['a script', [file('bin/a', '#!/usr/bin/env python3\n', RUN)], ['python any bin/a']],
    ['a file that cannot be run', [file('bin/a', '#!/usr/bin/env python3\n')], []],
    [
      'a program that has sources beside it',
      [file('a', program, RUN), file('b.py', ''), file('package.json', '{}')],
      [],
    ],
    [
      'an interpreter of its own',
      [file('bin/python3.12', program, RUN), file('_a.cpython-312-x86_64-linux-gnu.so', module)],
      [],
    ],
  ])('of %s', async (_, entries, expected) => {
    expect(runtimes(await facts(...entries))).toEqual(expected);
  });
});

test('folders of Python modules', async () => {
  const found = await facts(
    file('lib/a-1.dist-info/METADATA', 'Name: a'),
    file('lib/b_c-2.0.dist-info/METADATA', 'Name: a'),
  );
  expect(found.pythonFolders).toEqual(['lib']);
});

test.each([
  ['#!/bin/sh\n', ['/bin/sh']],
  ['#!/usr/bin/env bash\n', ['/usr/bin/env', '/usr/bin/bash']],
  ['#!/usr/bin/env -S tclsh8.6 -x\n', ['/usr/bin/env', '/usr/bin/tclsh8.6']],
  ['#! /bin/dash -e\n', ['/bin/dash']],
  ['no script', []],
])('a script that begins with %j', async (text, interpreters) => {
  const { scripts } = await facts(file('run', text, RUN));
  expect(scripts.map(({ interpreter }) => interpreter)).toEqual(interpreters);
});

describe('an image', () => {
  const status = file('var/lib/dpkg/status', 'Package: x\nStatus: install ok installed\nVersion: 1\n');
  const list = file('var/lib/dpkg/info/x.list', '/.\n/usr\n/usr/bin/psql\n/usr/bin/python3.13\n');
  const distribution = [
    status,
    list,
    file('usr/bin/psql', program, RUN),
    file('usr/bin/python3.13', program, RUN),
  ];

  test('has the application in what no package has', async () => {
    const found = await facts(...distribution, file('opt/app', program, RUN));
    expect([...found.objects.keys()]).toEqual(['opt/app']);
  });

  test('has it in what it starts too', async () => {
    const found = await factsOf({ started: ['usr/bin/psql'] }, ...distribution);
    expect([...found.objects.keys()]).toEqual(['usr/bin/psql']);
  });

  test('asks for the runtime that it starts', async () => {
    const found = await factsOf({ started: ['usr/bin/python3.13'] }, ...distribution, file('opt/a.py', ''));
    expect([found.objects.size, runtimes(found)[0]]).toEqual([0, 'python any usr/bin/python3.13']);
  });

  test('of Alpine', async () => {
    const installed = file('lib/apk/db/installed', 'P:x\nV:1\nF:usr/bin\nR:psql\n');
    const found = await facts(installed, file('usr/bin/psql', program, RUN), file('app', program, RUN));
    expect([...found.objects.keys()]).toEqual(['app']);
  });

  test('of RPM, as far as its database lists files', async () => {
    const fixture = new URL('../../../test/fixtures/rpm/rpmdb.sqlite.gz', import.meta.url);
    const database = file('var/lib/rpm/rpmdb.sqlite', gunzipSync(readFileSync(fixture)));
    const listed = file('usr/share/hello/hello.txt', program, RUN);
    const found = await facts(database, listed, file('usr/bin/own', program, RUN));
    expect([...found.objects.keys()]).toEqual(['usr/bin/own']);
  });

  test('of RPM outside the folders of the system, where its database cannot be read', async () => {
    const database = file('var/lib/rpm/rpmdb.sqlite', 'damaged');
    const found = await facts(database, file('usr/bin/x', program, RUN), file('app', program, RUN));
    expect([...found.objects.keys()]).toEqual(['app']);
  });
});

test('damaged archives are noted', async () => {
  const { notes } = await facts(file('a.jar', 'PK\u0003\u0004 and nothing more'));
  expect(notes).toEqual(['not looked at: a.jar: it is no zip archive, or it is cut off']);
});
