import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { AUDIT_RULES } from './rules.ts';
import { COUNTS } from './types.ts';

const page = readFileSync(fileURLToPath(new URL('../../docs/audit.md', import.meta.url)), 'utf8');

test('docs/audit.md has every rule as it is', () => {
  const rows = page.split('\n').filter((line) => /^\| `[a-z-]+` \|/.test(line));
  expect(rows).toEqual(
    AUDIT_RULES.map(
      ({ name, level, points, count, title, why }) =>
        `| \`${name}\` | ${level} | ${points} | ${count ?? ''} | ${title}: ${why} |`,
    ),
  );
});

test('rules are named once, and never take points away', () => {
  expect(new Set(AUDIT_RULES.map(({ name }) => name)).size).toBe(AUDIT_RULES.length);
  expect(AUDIT_RULES.filter(({ points }) => !(points >= 0))).toEqual([]);
});

test('everything that is counted has a rule', () => {
  const counted = new Set(AUDIT_RULES.map(({ count }) => count));
  expect(COUNTS.filter((name) => !counted.has(name))).toEqual([]);
});

test('what has no points is counted as nothing', () => {
  for (const { name, points, count } of AUDIT_RULES) expect(count === undefined, name).toBe(points === 0);
});
