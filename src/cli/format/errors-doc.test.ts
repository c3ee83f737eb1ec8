import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EXIT_STATUS } from '../../errors.ts';

const ROW = /^\| `([A-Z_]+)` \| (\d+) \| ([^|]+) \| ([^|]+) \|$/;

interface Row {
  readonly code: string;
  readonly status: string;
  readonly meaning: string;
  readonly advice: string;
}

const rows: readonly Row[] = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, code = '', status = '', meaning = '', advice = ''] = ROW.exec(line) ?? [];
    return code === '' ? [] : [{ code, status, meaning, advice }];
  });

describe('docs/errors.md', () => {
  test.each(Object.entries(EXIT_STATUS))('explains %s with exit status %i', (code, status) => {
    const found = rows.filter((row) => row.code === code);
    expect(found).toHaveLength(1);
    expect(found[0]?.status).toBe(String(status));
  });

  test('explains no code that does not exist', () => {
    expect(rows.map((row) => row.code).filter((code) => !(code in EXIT_STATUS))).toEqual([]);
  });

  test('says of every code what it means and what to do', () => {
    for (const { meaning, advice } of rows) {
      expect(meaning).toMatch(/^[A-Z`].*\.$/);
      expect(advice).toMatch(/^[A-Z`].*\.$/);
    }
  });
});
