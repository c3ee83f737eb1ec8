import { expect, test } from 'vitest';
import { checksDocument } from './document.ts';
import { ALL_RULES } from './rules.ts';

test('docs/checks.md is what the rules say', async () => {
  await expect(checksDocument(ALL_RULES)).toMatchFileSnapshot('../../docs/checks.md');
});

test('no two rules share a name, and the 22 of BuildKit are there', () => {
  const names = ALL_RULES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(ALL_RULES.filter(({ origin }) => origin === 'buildkit')).toHaveLength(22);
});
