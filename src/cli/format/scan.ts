/** What `decant scan` answers as text and as JSON. */
import { SEVERITIES } from '../../vulnerabilities/advisory.ts';
import type { ScanReport } from '../../vulnerabilities/report.ts';
import type { Finding } from '../../vulnerabilities/scan.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable, type TextOptions } from '../../report/text/table.ts';

export function formatScan(report: ScanReport, options: TextOptions): string {
  const { findings, ignored } = report;
  const table = formatTable(
    [
      { title: 'SEVERITY' },
      { title: 'ID' },
      { title: 'PACKAGE', least: 10 },
      { title: 'VERSION', least: 10 },
      { title: 'FIXED IN', least: 8 },
      { title: 'SUMMARY', least: 10 },
    ],
    findings.map((one) => [
      one.severity,
      one.id,
      packageText(one),
      one.version,
      one.fixed ?? (one.note === undefined ? '-' : `- (${one.note})`),
      one.summary ?? '',
    ]),
    options,
  );
  const left =
    ignored.length === 0
      ? ''
      : `\n${formatCount(ignored.length, 'finding')} left out: ${countBy(ignored.map(({ status }) => status))}`;
  return `${findings.length === 0 ? '' : `${table}\n\n`}${summary(report)}${left}`;
}

/** The source package, and the packages where they have other names. */
function packageText({ name, packages }: Finding): string {
  const names = [...new Set(packages.map((one) => one.name))];
  return names.length === 1 && names[0] === name ? name : `${name} (${names.join(', ')})`;
}

function summary({ image, findings, matched, unmatched }: ScanReport): string {
  const bad =
    findings.length === 0
      ? 'nothing known against'
      : `${formatCount(findings.length, 'vulnerability', 'vulnerabilities')} (${severities(findings)}) in`;
  const rest = unmatched > 0 ? `; nobody publishes advisories for ${unmatched} more` : '';
  return cleanLine(`${image}: ${bad} ${formatCount(matched, 'package')}${rest}`);
}

function severities(findings: readonly Finding[]): string {
  return [...SEVERITIES]
    .reverse()
    .flatMap((severity) => {
      const count = findings.filter((one) => one.severity === severity).length;
      return count === 0 ? [] : [`${count} ${severity}`];
    })
    .join(', ');
}

function countBy(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].map(([text, count]) => `${count} ${text.replaceAll('_', ' ')}`).join(', ');
}

/** Keys are stable: docs/cli.md has them. */
export function scanJson(report: ScanReport): string {
  const { image, digest, platform, sources, findings, ignored, matched, unmatched, uncovered } = report;
  return formatJson({
    image,
    digest,
    platform,
    sources: sources.map(({ name, kind, imported }) => ({ name, kind, imported })),
    packages: { matched, unmatched },
    uncovered,
    findings: findings.map(findingData),
    ignored: ignored.map(({ finding, status, reason }) => ({ ...findingData(finding), status, reason })),
  });
}

function findingData(one: Finding): object {
  return {
    id: one.id,
    advisories: one.advisories,
    severity: one.severity,
    score: one.score,
    summary: one.summary,
    name: one.name,
    version: one.version,
    fixed: one.fixed ?? null,
    note: one.note,
    packages: one.packages.map(({ name, version, purl, path }) => ({
      name,
      version,
      purl,
      path: `/${path}`,
    })),
  };
}
