import { expect, test } from 'vitest';
import { packagesByLibrary, packagesByProgram } from './by-name.ts';

const NAMES = new Set([
  'dash',
  'coreutils',
  'bash',
  'musl',
  'libc6',
  'zlib1g',
  'libbz2-1.0',
  'libpq5',
  'libssl3t64',
  'libicu76',
  'libglib2.0-0t64',
  'libpng16-16t64',
  'libx11-6',
  'libgcc-s1',
  'libstdc++6',
  'libxml2',
  'libjpeg62',
  'libjpeg62-turbo',
  'libyaml-0-2',
  'libk5crypto3',
  'libboost-system1.83.0',
  'libnode115',
  'libpython3.13',
  'libldap2',
  'libsasl2-2',
  'libreadline8',
  'libreadline8t64',
  'libtcl8.6',
]);
const exists = (name: string): boolean => NAMES.has(name);

test.each([
  ['libc.so.6', 'libc6'],
  ['libm.so.6', 'libc6'],
  ['libz.so.1', 'zlib1g'],
  ['libbz2.so.1.0', 'libbz2-1.0'],
  ['libpq.so.5', 'libpq5'],
  ['libssl.so.3', 'libssl3t64'],
  ['libcrypto.so.3', 'libssl3t64'],
  ['libicuuc.so.76', 'libicu76'],
  ['libicudata.so.76', 'libicu76'],
  ['libgobject-2.0.so.0', 'libglib2.0-0t64'],
  ['libpng16.so.16', 'libpng16-16t64'],
  ['libX11.so.6', 'libx11-6'],
  ['libgcc_s.so.1', 'libgcc-s1'],
  ['libstdc++.so.6', 'libstdc++6'],
  ['libxml2.so.2', 'libxml2'],
  ['libjpeg.so.62', 'libjpeg62-turbo'],
  ['libyaml-0.so.2', 'libyaml-0-2'],
  ['libk5crypto.so.3', 'libk5crypto3'],
  ['libboost_system.so.1.83.0', 'libboost-system1.83.0'],
  ['libnode.so.115', 'libnode115'],
  ['libpython3.13.so.1.0', 'libpython3.13'],
  ['liblber.so.2', 'libldap2'],
  ['libsasl2.so.2', 'libsasl2-2'],
  ['libtcl8.6.so', 'libtcl8.6'],
  ['ld-linux-x86-64.so.2', 'libc6'],
])('%s is probably in %s', (soname, name) => {
  expect(packagesByLibrary(soname, exists)[0]).toBe(name);
});

test('several names are tried', () => {
  expect(packagesByLibrary('libreadline.so.8', exists)).toEqual(['libreadline8', 'libreadline8t64']);
});

test.each(['libnothing.so.1', '', 'lib.so', '.so.1', 'x'])('%j is in none that is known', (soname) => {
  expect(packagesByLibrary(soname, exists)).toEqual([]);
});

test.each([
  ['/bin/sh', ['dash']],
  ['/usr/bin/env', ['coreutils']],
  ['/usr/bin/bash', ['bash']],
  ['/lib64/ld-linux-x86-64.so.2', ['libc6']],
  ['/lib/ld-musl-x86_64.so.1', ['musl']],
  ['/usr/bin/nothing', []],
])('%s is probably in %j', (path, names) => {
  expect(packagesByProgram(path, exists)).toEqual(names);
});
