import { describe, expect, test } from 'vitest';
import { auditOf } from '../audit/testing.ts';
import { file } from '../tree/testing.ts';
import { compareSurfaces } from './compare-surfaces.ts';
import { parseBandwidth } from './flags.ts';

describe('the surfaces of two images', () => {
  test('differ in scores, counts and findings of one of them', async () => {
    const clean = [file('app', 'x', { mode: 0o755 })];
    const first = await auditOf({ layers: [[...clean, file('bin/su', 'x', { mode: 0o4755 })]] });
    const second = await auditOf({ layers: [clean] });
    const compared = compareSurfaces(first, second);
    expect(compared.scores[1].value).toBeGreaterThan(compared.scores[0].value);
    expect(compared.counts.find(({ name }) => name === 'setuid')?.values).toEqual([1, 0]);
    expect(compared.added).toEqual([]);
    expect(compared.removed.some((line) => line.startsWith('setuid: /bin/su'))).toBe(true);
    expect(compareSurfaces(first, first)).toMatchObject({ added: [], removed: [] });
  });
});

describe('a bandwidth', () => {
  test.each([
    ['100M', 100e6],
    ['100Mbit', 100e6],
    ['1Gbit/s', 1e9],
    ['12MB/s', 96e6],
    ['1.5kB', 12_000],
    ['9600', 9600],
    ['10 Mbit/s', 10e6],
  ])('%s', (text, bits) => {
    expect(parseBandwidth(text)).toBe(bits);
  });

  test.each(['', '0', 'fast', '10 TB', '-1M', '1e9'])('%j is none', (text) => {
    expect(() => parseBandwidth(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
