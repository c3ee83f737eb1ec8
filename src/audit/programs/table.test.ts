import { describe, expect, test } from 'vitest';
import { CAPABILITIES } from './program.ts';
import { knownProgram, PROGRAM_ROWS } from './table.ts';

describe('the table of programs', () => {
  test('has well over 300, each once', () => {
    const names = PROGRAM_ROWS.map(([name]) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(names.length).toBeGreaterThan(900);
  });

  test('says of each what it can do, and why it is listed', () => {
    for (const [name, capabilities, reason] of PROGRAM_ROWS) {
      expect(capabilities.length, name).toBeGreaterThan(0);
      expect(reason.length, name).toBeGreaterThan(8);
    }
  });

  test('has programs of every kind', () => {
    const first = new Set(PROGRAM_ROWS.map(([, [capability]]) => capability));
    expect(CAPABILITIES.filter((capability) => !first.has(capability))).toEqual([]);
  });

  test.each([
    ['bash', 'bash'],
    ['python3', 'python'],
    ['python3.11', 'python'],
    ['python3.12-dbg', 'python'],
    ['perl5.36.0', 'perl'],
    ['gcc-12', 'gcc'],
    ['x86_64-linux-gnu-gcc-12', 'gcc'],
    ['aarch64-linux-gnu-ld.bfd', 'ld.bfd'],
    ['lua5.4', 'lua'],
    ['php8.2', 'php'],
    ['pip3', 'pip'],
    ['base64', 'base64'],
    ['sqlite3', 'sqlite3'],
    ['calculator', undefined],
    ['bashful', undefined],
    ['3', undefined],
  ])('%s is %s', (file, name) => {
    expect(knownProgram(file)?.name).toBe(name);
  });
});
