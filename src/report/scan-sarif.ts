/** A scan as SARIF 2.1.0 (OASIS): a rule for each vulnerability, a result for each package that has it. */
import type { Severity } from '../vulnerabilities/advisory.ts';
import type { ScanReport } from '../vulnerabilities/report.ts';
import type { Finding } from '../vulnerabilities/scan.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

const LEVELS: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  negligible: 'note',
  unknown: 'note',
};

/** What code scanning sorts by, where no score is given: the middle of what the word stands for. */
const SCORES: Readonly<Record<Severity, number>> = {
  critical: 9.5,
  high: 8,
  medium: 5.5,
  low: 2,
  negligible: 0.1,
  unknown: 0,
};

export function scanSarif(report: ScanReport, version: string): object {
  const ids = [...new Set(report.findings.map(({ id }) => id))].sort();
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'decant', version, rules: ids.map((id) => ruleOf(id, report.findings)) },
        },
        results: report.findings.flatMap((finding) => resultsOf(finding, ids, report)),
      },
    ],
  };
}

function ruleOf(id: string, findings: readonly Finding[]): object {
  const one = findings.find((finding) => finding.id === id);
  const { severity = 'unknown', score, summary = id, advisories = [] } = one ?? {};
  return {
    id,
    shortDescription: { text: summary },
    help: { text: `${summary}\n\nAdvisories: ${advisories.join(', ')}` },
    defaultConfiguration: { level: LEVELS[severity] },
    properties: {
      tags: ['vulnerability', 'security'],
      'security-severity': (score ?? SCORES[severity]).toFixed(1),
    },
  };
}

function resultsOf(finding: Finding, ids: readonly string[], report: ScanReport): readonly object[] {
  const { id, severity, fixed, packages } = finding;
  const remedy = fixed === undefined ? 'There is no fix yet.' : `It is mended in ${fixed}.`;
  return packages.map(({ name, version, path, purl }) => ({
    ruleId: id,
    ruleIndex: ids.indexOf(id),
    level: LEVELS[severity],
    message: { text: `${name} ${version} in ${report.image} has ${id}. ${remedy}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: path.split('/').map(encodeURIComponent).join('/') },
          region: { startLine: 1 },
        },
        logicalLocations: [{ fullyQualifiedName: purl, kind: 'package' }],
      },
    ],
    partialFingerprints: { 'decant/v1': `${id}:${purl}` },
  }));
}
