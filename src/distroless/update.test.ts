import { describe, expect, test } from 'vitest';
import type { PackageIndex } from '../debian/package.ts';
import type { ListedPackage } from './changes.ts';
import { newestOf, updateOf } from './update.ts';

/** `name version source` as a package; the source has the name of the package unless told. */
function listed(text: string): ListedPackage {
  const [name = '', version = '', source = name] = text.split(' ');
  return { name, version, architecture: 'amd64', source: { name: source, version } };
}

const BEFORE = ['libc6 1 glibc', 'libc-bin 1 glibc', 'zlib1g 1 zlib', 'old 1'].map(listed);
const AFTER = ['libc6 2 glibc', 'libc-bin 2 glibc', 'zlib1g 1 zlib', 'new 1'].map(listed);
/** By source and version. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  'glibc 1': ['CVE-2026-10', 'CVE-2026-9', 'CVE-2026-11'],
  'glibc 2': ['CVE-2026-11'],
  'zlib 1': ['CVE-2026-3'],
  'old 1': ['CVE-2026-4'],
  'new 1': ['CVE-2026-5'],
};

describe('advisories', () => {
  const update = updateOf(BEFORE, AFTER, ({ name, version }) => KNOWN[`${name} ${version}`] ?? []);

  test('are closed by each package of the source, and by one that goes', () => {
    expect(update.changes.map(({ name, closes, opens }) => [name, closes, opens])).toEqual([
      ['libc-bin', ['CVE-2026-9', 'CVE-2026-10'], []],
      ['libc6', ['CVE-2026-9', 'CVE-2026-10'], []],
      ['new', [], ['CVE-2026-5']],
      ['old', ['CVE-2026-4'], []],
    ]);
  });

  test('are counted once, and those that stay are told', () => {
    expect(update.closes).toEqual(['CVE-2026-4', 'CVE-2026-9', 'CVE-2026-10']);
    expect(update.open).toEqual(['CVE-2026-3', 'CVE-2026-5', 'CVE-2026-11']);
  });

  test('are none where nothing is known', () => {
    expect(updateOf(BEFORE, AFTER)).toMatchObject({ closes: [], open: [] });
  });
});

test('without a recipe each package is taken in its highest version, or is gone', () => {
  const index = {
    versions: (name: string) =>
      name === 'old'
        ? []
        : [
            { name, version: '9' },
            { name, version: '1' },
          ],
  };
  const newest = newestOf(BEFORE, index as unknown as PackageIndex);
  expect(newest.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'libc6 9',
    'libc-bin 9',
    'zlib1g 9',
  ]);
});
