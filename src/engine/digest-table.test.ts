import { describe, expect, test } from 'vitest';
import { digestTable } from './digest-table.ts';
import type { DigestTable, FileStamp } from './digest-table.ts';

const MANY = 10_000;
const MOST = 64 * 1024 * 1024;

const stamp = (number: number): FileStamp => ({
  size: BigInt(number),
  mtimeNs: 1_600_000_000_000_000_000n + BigInt(number),
  ctimeNs: 1_600_000_000_000_000_000n,
  ino: BigInt(number) << 40n,
});
const digest = (number: number): string => `sha256:${number.toString(16).padStart(64, '0')}`;

function filled(count: number): DigestTable {
  const table = digestTable();
  for (let at = 0; at < count; at += 1) table.put(`d/file ${at}`, stamp(at), digest(at), true);
  return table;
}

function kept(table: DigestTable, most = MOST): Buffer {
  return Buffer.concat(table.pieces(most) ?? []);
}

describe('digests of files', () => {
  test('come back by path and stamp, from memory and from what was kept', () => {
    const table = filled(MANY);
    for (const each of [table, digestTable(kept(table))]) {
      for (let at = 0; at < MANY; at += 1) expect(each.digestOf(`d/file ${at}`, stamp(at))).toBe(digest(at));
      expect(each.digestOf('d/file 1', stamp(2))).toBeUndefined();
      expect(each.digestOf('elsewhere', stamp(1))).toBeUndefined();
    }
  });

  test('are added to those that were kept, and take the place of older ones', () => {
    const table = digestTable(kept(filled(MANY)));
    expect(table.pieces(MOST)).toBeUndefined();
    table.put('d/file 7', stamp(70), digest(70), true);
    table.put('new', stamp(1), digest(1), true);
    const again = digestTable(kept(table));
    expect(again.digestOf('d/file 7', stamp(7))).toBeUndefined();
    expect(again.digestOf('d/file 7', stamp(70))).toBe(digest(70));
    expect(again.digestOf('d/file 9999', stamp(9999))).toBe(digest(9999));
    expect(again.digestOf('new', stamp(1))).toBe(digest(1));
  });

  test('that do not last are known, and not kept', () => {
    const table = filled(2);
    table.put('d/file 0', stamp(5), digest(5), false);
    expect(table.digestOf('d/file 0', stamp(5))).toBe(digest(5));
    const again = digestTable(kept(table));
    expect(again.digestOf('d/file 0', stamp(5))).toBeUndefined();
    expect(again.digestOf('d/file 1', stamp(1))).toBe(digest(1));
  });

  test('whose times are beyond 64 bits are told apart too', () => {
    const late = { ...stamp(1), mtimeNs: 2n ** 70n + 5n };
    const table = digestTable();
    table.put('late', late, digest(1), true);
    expect(table.digestOf('late', late)).toBe(digest(1));
    expect(table.digestOf('late', { ...late, mtimeNs: 2n ** 70n + 6n })).toBeUndefined();
  });

  test('that nobody looked at are left out where there is no room for all', () => {
    const table = filled(MANY);
    table.note('d/file 3');
    const again = digestTable(kept(table, 1000));
    expect(again.digestOf('d/file 3', stamp(3))).toBe(digest(3));
    expect(again.digestOf('d/file 4', stamp(4))).toBeUndefined();
    table.note('d/file 4');
    expect(table.pieces(100)).toBeUndefined();
  });
});

test('a file that was looked at is noted once, and is another one with another stamp', () => {
  const table = filled(2);
  expect(table.wasAnother('d/file 0', stamp(1))).toBe(false);
  expect([table.note('d/file 0'), table.note('d/file 0'), table.note('nowhere')]).toEqual([
    true,
    false,
    false,
  ]);
  expect(table.wasAnother('d/file 0', stamp(0))).toBe(false);
  expect(table.wasAnother('d/file 0', stamp(1))).toBe(true);
  expect(table.wasAnother('d/file 0', undefined)).toBe(true);
});
