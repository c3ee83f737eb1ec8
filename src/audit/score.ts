/**
 * One number for the surface of an image. Every point is a finding's, and no finding takes points away: so whatever is
 * taken out of an image, its score does not fall. What the entry point needs counts as everything else does and is
 * listed apart: were it free, removing the script that needs a shell would make the shell count, and lower the score.
 *
 * Records of packages are worth nothing, neither their presence nor their absence: programs count because they are
 * there. An image whose records were removed to look smaller has the score that it had.
 */
import { auditRule, SCORE_VERSION } from './rules.ts';
import { COUNTS, type Count, type CountName, type Finding, type Score } from './types.ts';

/** Points at which half of the score is gone. */
const HALF = 100;

export function scoreOf(findings: readonly Finding[]): Score {
  const parts = new Map<string, { rule: string; count: number; tenths: number }>();
  let [all, needed] = [0, 0];
  for (const { rule, points, neededBy } of findings) {
    const tenths = Math.round(points * 10);
    if (tenths === 0) continue;
    all += tenths;
    if (neededBy !== undefined) needed += tenths;
    const part = parts.get(rule) ?? { rule, count: 0, tenths: 0 };
    parts.set(rule, { rule, count: part.count + 1, tenths: part.tenths + tenths });
  }
  const value = valueOf(all / 10);
  return {
    version: SCORE_VERSION,
    value,
    grade: gradeOf(value),
    points: all / 10,
    neededPoints: needed / 10,
    best: valueOf(needed / 10),
    parts: [...parts.values()]
      .sort((a, b) => b.tenths - a.tenths || (a.rule < b.rule ? -1 : 1))
      .map(({ rule, count, tenths }) => ({ rule, count, points: tenths / 10 })),
  };
}

function valueOf(points: number): number {
  return Math.floor((100 * 10 * HALF) / (HALF + points)) / 10;
}

const GRADES = [
  ['A', 90],
  ['B', 75],
  ['C', 55],
  ['D', 35],
  ['E', 15],
] as const;

export function gradeOf(value: number): string {
  return GRADES.find(([, least]) => value >= least)?.[0] ?? 'F';
}

export function countsOf(findings: readonly Finding[]): Readonly<Record<CountName, Count>> {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, { found: 0, needed: 0 }])) as Record<
    CountName,
    { found: number; needed: number }
  >;
  for (const { rule, neededBy } of findings) {
    const { count } = auditRule(rule);
    if (count === undefined) continue;
    counts[count].found += 1;
    if (neededBy !== undefined) counts[count].needed += 1;
  }
  return counts;
}
