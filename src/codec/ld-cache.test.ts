import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readElf } from './elf.ts';
import { compareNames, encodeLdCache, libraryFlags } from './ld-cache.ts';
import { elfFile } from './testing-elf.ts';
import { ldconfig } from './testing-ldconfig.ts';

describe('names', () => {
  test.each([
    ['liba.so.9', 'liba.so.10'],
    ['liba.so', 'liba.so.1'],
    ['liba.so.1', 'libb.so.1'],
    ['liba.so.1', 'liba.so.1.2'],
    ['lib-a.so', 'lib2.so'],
    ['libA.so', 'liba.so'],
  ])('%s stands below %s', (lower, higher) => {
    expect(Math.sign(compareNames(lower, higher))).toBe(-1);
    expect(Math.sign(compareNames(higher, lower))).toBe(1);
    expect(compareNames(higher, higher)).toBe(0);
  });

  test('with leading zeros are the same number', () => {
    expect(compareNames('lib01.so', 'lib1.so')).toBe(0);
  });
});

describe('the kind of a library', () => {
  test.each([
    ['x86-64', { machine: 62 }, 0x0303],
    ['x32', { machine: 62, class: 32 as const }, 0x0803],
    ['AArch64', { machine: 183 }, 0x0a03],
    ['PowerPC', { machine: 21 }, 0x0503],
    ['S/390', { machine: 22, littleEndian: false }, 0x0403],
    ['32-bit x86 with the C library', { machine: 3, class: 32 as const, needed: ['libc.so.6'] }, 0x0003],
    ['32-bit x86 without it', { machine: 3, class: 32 as const }, 0x0001],
    ['another machine', { machine: 9999 }, undefined],
    ['a program', { type: 2 }, undefined],
  ])('%s', (_, sample, flags) => {
    const elf = readElf(elfFile(sample));
    expect(elf && libraryFlags(elf)).toBe(flags);
  });
});

test('of the other byte order is written in it', () => {
  const entries = [{ soname: 'liba.so.1', path: '/lib/liba.so.1', flags: 0x0403 }];
  const bytes = encodeLdCache(entries, { generator: 'g', littleEndian: false });
  expect(bytes.toString('latin1', 0, 20)).toBe('glibc-ld.so.cache1.1');
  expect([bytes.readUInt32BE(20), bytes[28], bytes.readUInt32BE(48)]).toEqual([1, 3, 0x0403]);
  expect(bytes.toString('latin1', bytes.readUInt32BE(56), bytes.readUInt32BE(56) + 14)).toBe(
    '/lib/liba.so.1',
  );
});

describe('ldconfig writes the same bytes', () => {
  const generator = ldconfigVersion();
  let root = '';
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test.each<[string, readonly [string, string][], string?]>([
    ['for one library', [['/usr/lib/liba.so.1', 'liba.so.1']]],
    [
      'for names with numbers',
      ['liba.so.2', 'liba.so.10', 'liba.so', 'libab.so.1', 'lib2.so', 'libA.so.1'].map((name) => [
        `/usr/lib/${name}`,
        name,
      ]),
    ],
    [
      'for several directories',
      [
        ['/opt/x/liba.so.1', 'liba.so.1'],
        ['/usr/lib/liba.so.1', 'liba.so.1'],
        ['/usr/lib/libb.so.1', 'libb.so.1'],
      ],
      '/opt/x\n',
    ],
    [
      'for variants of a processor',
      [
        ['/usr/lib/liba.so.1', 'liba.so.1'],
        ['/usr/lib/libz.so.1', 'libz.so.1'],
        ['/usr/lib/glibc-hwcaps/x86-64-v3/liba.so.1', 'liba.so.1'],
        ['/usr/lib/glibc-hwcaps/x86-64-v2/liba.so.1', 'liba.so.1'],
        ['/usr/lib/glibc-hwcaps/x86-64-v2/libc2.so.1', 'libc2.so.1'],
      ],
    ],
  ])('%s', (_, libraries, configuration = '') => {
    root = mkdtempSync(join(tmpdir(), 'ld-cache-'));
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc/ld.so.conf'), configuration);
    mkdirSync(join(root, 'usr/lib'), { recursive: true });
    symlinkSync('usr/lib', join(root, 'lib'));
    for (const [path, soname] of libraries) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), elfFile({ soname }));
    }
    ldconfig('-r', root, '-X');
    const entries = libraries.map(([path, soname]) => {
      const capabilities = /glibc-hwcaps\/([^/]+)/.exec(path)?.[1];
      return {
        soname,
        path: path.replace('/usr/lib', '/lib'),
        flags: 0x0303,
        ...(capabilities && { capabilities }),
      };
    });
    const ours = encodeLdCache(entries, { generator, littleEndian: true });
    expect(ours.toString('latin1')).toBe(readFileSync(join(root, 'etc/ld.so.cache'), 'latin1'));
  });
});

/** The generator as this machine's ldconfig writes it, from a cache of nothing. */
function ldconfigVersion(): string {
  const directory = mkdtempSync(join(tmpdir(), 'ldconfig-'));
  try {
    mkdirSync(join(directory, 'etc'));
    mkdirSync(join(directory, 'usr/lib'), { recursive: true });
    writeFileSync(join(directory, 'etc/ld.so.conf'), '');
    ldconfig('-r', directory, '-X');
    const cache = readFileSync(join(directory, 'etc/ld.so.cache'), 'latin1');
    return /ldconfig [ -~]*$/.exec(cache)?.[0] ?? '';
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
