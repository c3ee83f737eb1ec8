import { describe, expect, test } from 'vitest';
import type { ListedPackage } from '../../distroless/changes.ts';
import { updateOf } from '../../distroless/update.ts';
import { directory, file } from '../../tree/testing.ts';
import {
  type BaseDifference,
  baseDifferenceJson,
  type BaseUpdate,
  baseUpdateJson,
  formatBaseDifference,
  formatBaseUpdate,
} from './base-changes.ts';

const OPTIONS = { width: Infinity, color: false };

function listed(name: string, version: string, size = 1000): ListedPackage {
  return { name, version, architecture: 'amd64', source: { name, version }, size };
}

const BEFORE = [listed('liba', '1'), listed('libb', '1')];
const AFTER = [listed('liba', '2', 3000), listed('libc', '1')];

function update(advised: boolean, architectures = ['amd64']): BaseUpdate {
  const advisories = ({ version }: { version: string }) => (version === '1' ? ['CVE-1'] : []);
  const changes = updateOf(BEFORE, AFTER, advised ? advisories : undefined);
  return {
    name: 'app.lock',
    recipe: 'app',
    codename: 'trixie',
    architectures: architectures.map((of) => ({
      architecture: of,
      before: BEFORE,
      after: AFTER,
      ...changes,
    })),
    isAdvised: advised,
  };
}

describe('an update as text', () => {
  test('is a line a package and one for all', () => {
    expect(formatBaseUpdate(update(false), OPTIONS)).toBe(`\
PACKAGE  NOW  ARCHIVE
liba     1    2
libb     1    gone
libc          1

amd64: 3 of 2 packages change, 2.00 kB of packages become 4.00 kB`);
  });

  test('has advisories where they are known, and the architecture where there are several', () => {
    const text = formatBaseUpdate(update(true, ['amd64', 'arm64']), OPTIONS);
    expect(text).toMatch(/^liba +arm64 +1 +2 +CVE-1$/m);
    expect(text).toMatch(/^arm64: .*; closes 0 advisories, 1 open after it$/m);
  });
});

test('an update as JSON has no advisories where nothing is known of them', () => {
  const json = (advised: boolean): object => JSON.parse(baseUpdateJson(update(advised))) as object;
  expect(json(false)).toMatchObject({ architectures: [{ downloadSize: { before: 2000, after: 4000 } }] });
  expect(JSON.stringify(json(false))).not.toContain('closes');
  expect(json(true)).toMatchObject({ architectures: [{ packages: [{ closes: ['CVE-1'] }, {}, {}] }] });
});

const DIFFERENCE: BaseDifference = {
  bases: [
    { name: 'a', kind: 'recipe', packages: BEFORE, files: 2, unpackedSize: 10 },
    { name: 'b', kind: 'image', packages: AFTER, files: 2, unpackedSize: 2_000_000 },
  ],
  packages: [],
  files: [
    { path: 'x', before: file('x'), after: directory('x'), aspects: ['type'] },
    { path: 'y', after: file('y', 'abc', { mode: 0o4755 }), aspects: [] },
  ],
};

describe('a difference', () => {
  test('as text counts files, and lists them where they are wanted', () => {
    const text = formatBaseDifference(DIFFERENCE, false, OPTIONS);
    expect(text).toMatch(/^unpacked +10 B +2\.00 MB$/m);
    expect(text).toMatch(/\n\nthe same packages\n\nfiles: 1 added, 0 removed, 1 changed$/);
    expect(formatBaseDifference(DIFFERENCE, true, OPTIONS)).toMatch(/^added +\/y$/m);
  });

  test('as JSON has both sides of what differs', () => {
    expect(JSON.parse(baseDifferenceJson(DIFFERENCE))).toMatchObject({
      bases: [{ packages: 2, downloadSize: 2000 }, { kind: 'image' }],
      files: [
        {
          path: '/x',
          change: 'changed',
          differs: ['type'],
          before: { type: 'file' },
          after: { type: 'directory' },
        },
        { path: '/y', change: 'added', after: { mode: '4755', size: 3 } },
      ],
    });
  });
});
