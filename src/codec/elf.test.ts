import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isElf, readElf } from './elf.ts';
import { elfFile } from './testing-elf.ts';

describe('a library', () => {
  const library = elfFile({
    soname: 'libx.so.1',
    needed: ['libc.so.6', 'libm.so.6'],
    runpath: '$ORIGIN/../lib',
    interpreter: '/lib64/ld-linux-x86-64.so.2',
  });

  test('says what it is called, needs and where it looks', () => {
    expect(readElf(library)).toEqual({
      class: 64,
      littleEndian: true,
      type: 'shared',
      machine: 62,
      flags: 0,
      dynamic: true,
      interpreter: '/lib64/ld-linux-x86-64.so.2',
      soname: 'libx.so.1',
      needed: ['libc.so.6', 'libm.so.6'],
      runpath: '$ORIGIN/../lib',
      versionsNeeded: new Map(),
      versionsDefined: [],
    });
  });

  test('of another machine is read the same way', () => {
    const big = readElf(elfFile({ soname: 'liby.so', littleEndian: false, class: 32, machine: 22 }));
    expect(big).toMatchObject({ class: 32, littleEndian: false, machine: 22, soname: 'liby.so', needed: [] });
  });

  test('cut off anywhere is none, or one that needs less', () => {
    for (let end = 0; end < library.length; end++)
      expect(() => readElf(library.subarray(0, end))).not.toThrow();
    expect(readElf(library.subarray(0, 63))).toBeUndefined();
  });

  test('with any damage throws nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(library.length - 1), fc.nat(255)), { maxLength: 12 }),
        (changes) => {
          const damaged = Uint8Array.from(library);
          for (const [at, value] of changes) damaged[at] = value;
          readElf(damaged);
        },
      ),
    );
  });
});

test.each([
  ['', ''],
  ['\x7fELF', ''],
  ['#!/bin/sh\n', ''],
  ['\x7fELF\x03\x01', ''],
])('%j is no ELF file', (text) => {
  expect(readElf(Buffer.from(text, 'latin1'))).toBeUndefined();
});

test('the first four bytes tell', () => {
  expect(isElf(Buffer.from('\x7fELF', 'latin1'))).toBe(true);
  expect(isElf(Buffer.from('\x7fEL'))).toBe(false);
});

describe("binutils read the same of this machine's libraries", () => {
  const directory = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'].find((path) =>
    statSync(path, { throwIfNoEntry: false }),
  );
  const files = readdirSync(directory ?? '/usr/bin')
    .filter((name) => name.includes('.so'))
    .map((name) => join(directory ?? '', name))
    .filter((path) => statSync(path).isFile() && statSync(path).size < 4_000_000)
    .filter((path, index) => index % 12 === 0 && isElf(readFileSync(path)));

  test('headers, needed libraries, versions', () => {
    expect(files.length).toBeGreaterThan(0);
    for (const path of files) {
      const text = execFileSync('readelf', ['-dVW', path], { encoding: 'utf8' });
      const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, value]) => value ?? '');
      const elf = readElf(readFileSync(path));
      expect({ path, needed: elf?.needed }).toEqual({ path, needed: all(/\(NEEDED\).*\[(.*)\]/g) });
      expect({ path, soname: elf?.soname }).toEqual({ path, soname: all(/\(SONAME\).*\[(.*)\]/g)[0] });
      expect({ path, runpath: elf?.runpath }).toEqual({ path, runpath: all(/\(RUNPATH\).*\[(.*)\]/g)[0] });
      const needs = text.slice(text.indexOf('Version needs section'));
      expect({ path, versions: [...(elf?.versionsNeeded.values() ?? [])].flat().toSorted() }).toEqual({
        path,
        versions: text.includes('Version needs section')
          ? [...needs.matchAll(/Name: (\S+)\s+Flags/g)].map(([, name]) => name ?? '').toSorted()
          : [],
      });
      const definitions = /Version definition section[\s\S]*?(?=\n\n|Version needs|$)/.exec(text)?.[0] ?? '';
      expect({ path, defined: elf?.versionsDefined }).toEqual({
        path,
        defined: [...definitions.matchAll(/Rev: \d+ {2}Flags: (?!BASE)\S+ .*Name: (\S+)/g)].map(
          ([, name]) => name,
        ),
      });
    }
  });
});
