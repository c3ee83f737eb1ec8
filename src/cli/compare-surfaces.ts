/** Two audits as what a comparison shows of them: scores, counts, and the findings that only one of them has. */
import { type Audit, COUNTS, type Finding } from '../audit/types.ts';
import type { SurfaceComparison } from '../inspect/compare/comparison.ts';

export function compareSurfaces(first: Audit, second: Audit): SurfaceComparison {
  const [before, after] = [linesOf(first.findings), linesOf(second.findings)];
  return {
    scores: [scoreOf(first), scoreOf(second)],
    counts: COUNTS.map((name) => ({ name, values: [first.counts[name].found, second.counts[name].found] })),
    added: without(after, before),
    removed: without(before, after),
  };
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
}

function scoreOf({ score: { value, grade } }: Audit): SurfaceComparison['scores'][number] {
  return { value, grade };
}

function linesOf(findings: readonly Finding[]): readonly string[] {
  return [...new Set(findings.map(({ rule, message }) => `${rule}: ${message}`))];
}
