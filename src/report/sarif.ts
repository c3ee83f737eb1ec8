/**
 * Findings as SARIF 2.1.0 (OASIS), the form that code scanning of GitHub, GitLab and Azure reads: one run, a rule for
 * each name, a result for each finding, an error of the Dockerfile among them.
 */
import type { CheckReport } from '../check/check.ts';
import type { Rule } from '../dockerfile/lint/rule.ts';

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json';

interface Result {
  readonly ruleId: string;
  readonly level: Rule['level'];
  readonly message: string;
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly rule?: Rule;
}

/** The document as data. Files are named relative to where the command ran, as they were given. */
export function sarifLog(reports: readonly CheckReport[], version: string): object {
  const results = reports.flatMap(resultsOf);
  const ids = [...new Set(results.map(({ ruleId }) => ruleId))].sort();
  const ruleOf = (id: string): Rule | undefined => results.find(({ ruleId }) => ruleId === id)?.rule;
  return {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'decant', version, rules: ids.map((id) => descriptor(id, ruleOf(id))) } },
        columnKind: 'utf16CodeUnits',
        results: results.map((result) => ({
          ruleId: result.ruleId,
          ruleIndex: ids.indexOf(result.ruleId),
          level: result.level,
          message: { text: result.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: uriOf(result.file) },
                region: { startLine: result.start, endLine: result.end },
              },
            },
          ],
        })),
      },
    ],
  };
}

function resultsOf({ file, findings, error }: CheckReport): Result[] {
  const found = findings.map(({ rule, message, lines }) => {
    return { ruleId: rule.name, level: rule.level, message, file, start: lines.start, end: lines.end, rule };
  });
  if (!error) return found;
  const { code, message, hint, place } = error;
  const text = hint === undefined ? message : `${message} (${hint})`;
  const { start = 1, end = start } = place ?? {};
  return [...found, { ruleId: code, level: 'error', message: text, file, start, end }];
}

function descriptor(id: string, rule: Rule | undefined): object {
  if (!rule) {
    const text = 'The Dockerfile cannot be built';
    return { id, shortDescription: { text }, defaultConfiguration: { level: 'error' } };
  }
  const { name, description, reason, fix, level } = rule;
  return {
    id,
    name,
    shortDescription: { text: description },
    fullDescription: { text: reason },
    help: { text: `${reason}\n\nFix: ${fix}`, markdown: `${reason}\n\n**Fix:** ${fix}` },
    defaultConfiguration: { level },
    properties: { tags: ['dockerfile', rule.origin] },
  };
}

/** A path as a URI reference (RFC 3986): whatever else could be read as part of one is escaped. */
function uriOf(path: string): string {
  const escaped = path.split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${escaped}` : escaped.replace(/^(?:\.\/)+/, '');
}
