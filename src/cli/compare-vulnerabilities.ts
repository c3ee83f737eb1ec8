/** Known vulnerabilities of two images' packages as what a comparison shows of them; nothing where the store has no advisories. */
import type { VulnerabilityComparison } from '../inspect/compare/comparison.ts';
import type { PackageList } from '../inspect/packages/package.ts';
import type { Store } from '../store/store.ts';
import { SEVERITIES } from '../vulnerabilities/advisory.ts';
import { openDatabase } from '../vulnerabilities/database.ts';
import { type Finding, scanPackages } from '../vulnerabilities/scan.ts';

export function compareVulnerabilities(
  store: Store,
  first: PackageList,
  second: PackageList,
): VulnerabilityComparison | undefined {
  const database = openDatabase(store);
  try {
    if (database.sources.length === 0) return undefined;
    const found = [scanPackages(first, database).findings, scanPackages(second, database).findings] as const;
    const count = (findings: readonly Finding[], severity: string): number =>
      findings.filter((finding) => finding.severity === severity).length;
    const [before, after] = [found[0].map(lineOf), found[1].map(lineOf)];
    return {
      // The worst first.
      counts: SEVERITIES.toReversed().map((severity) => ({
        severity,
        values: [count(found[0], severity), count(found[1], severity)],
      })),
      added: without(after, before),
      removed: without(before, after),
    };
  } finally {
    database.close();
  }
}

/** Without the version: the same vulnerability in another version of the package is the same one still. */
function lineOf({ id, name, severity }: Finding): string {
  return `${id} in ${name} (${severity})`;
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return [...new Set(lines)].filter((line) => !known.has(line));
}
