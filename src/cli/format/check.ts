/** What `decant check` and `decant build --check` answer: findings with their place in the Dockerfile. */
import type { CheckReport } from '../../check/check.ts';
import { ruleDocumentation, type Finding, type Level } from '../../dockerfile/lint/rule.ts';
import { createPaint, type Style } from '../../report/text/color.ts';
import { clean, cleanLine } from '../../report/text/clean.ts';
import { formatCount } from '../../report/text/count.ts';
import { excerpt, formatError } from './error.ts';
import { formatJson } from '../../report/text/json.ts';

const STYLES: Readonly<Record<Level, Style>> = { error: 'red', warning: 'yellow', note: 'cyan' };

/** Each finding with its reason and its fix, then a line that counts them. */
export function formatCheck(reports: readonly CheckReport[], { color }: { readonly color: boolean }): string {
  const paint = createPaint(color);
  const blocks = reports.flatMap(({ file, source, findings, error }) => [
    ...findings.map(({ rule, message, lines }) =>
      [
        `${paint(STYLES[rule.level], `${rule.level}:`)} ${paint('bold', rule.name)} - ${ruleDocumentation(rule)}`,
        clean(message),
        ...excerpt({ file, source, ...lines }, paint).slice(1, -1),
        ...(rule.origin === 'decant' ? [`${paint('dim', 'why:')} ${rule.reason}`] : []),
        `${paint('cyan', 'fix:')} ${rule.fix}`,
        '',
      ].join('\n'),
    ),
    ...(error ? [`${formatError(error, { color, debug: false })}\n`] : []),
  ]);
  return [...blocks, summary(reports)].join('\n');
}

function summary(reports: readonly CheckReport[]): string {
  const files =
    reports.length === 1 ? cleanLine(reports[0]?.file ?? '') : formatCount(reports.length, 'file');
  const counts = countLevels(reports);
  const parts = (['error', 'warning', 'note'] as const).flatMap((level) =>
    counts[level] > 0 ? formatCount(counts[level], level) : [],
  );
  return `${files}: ${parts.length > 0 ? parts.join(', ') : 'no findings'}`;
}

/** Errors of the Dockerfiles count as errors. */
export function countLevels(reports: readonly CheckReport[]): Record<Level, number> {
  const counts = { error: 0, warning: 0, note: 0 };
  for (const { findings, error } of reports) {
    for (const { rule } of findings) counts[rule.level] += 1;
    if (error) counts.error += 1;
  }
  return counts;
}

export function checkJson(reports: readonly CheckReport[]): string {
  const files = reports.map(({ file, findings, error }) => ({
    file,
    findings: findings.map(findingData),
    ...(error
      ? {
          error: {
            code: error.code,
            message: error.message,
            hint: error.hint,
            startLine: error.place?.start,
            endLine: error.place?.end,
          },
        }
      : {}),
  }));
  const { error, warning, note } = countLevels(reports);
  return formatJson({ files, summary: { errors: error, warnings: warning, notes: note } });
}

function findingData({ rule, message, lines }: Finding): object {
  return {
    rule: rule.name,
    level: rule.level,
    message,
    startLine: lines.start,
    endLine: lines.end,
    description: rule.description,
    reason: rule.reason,
    fix: rule.fix,
    documentation: ruleDocumentation(rule),
  };
}

/** The shape that `docker buildx build --call=check,format=json` has. */
export function buildxCheckJson({ file, source, findings, error }: CheckReport): string {
  const range = (start: number, end: number): object => {
    return { sourceIndex: 0, ranges: [{ start: { line: start }, end: { line: end } }] };
  };
  return formatJson({
    warnings: findings.map(({ rule, message, lines }) => ({
      ruleName: rule.name,
      description: rule.description,
      url: ruleDocumentation(rule),
      detail: message,
      location: range(lines.start, lines.end),
    })),
    sources: [{ filename: file, language: 'Dockerfile', data: Buffer.from(source).toString('base64') }],
    ...(error
      ? {
          buildError: {
            message: error.message,
            location: error.place ? range(error.place.start, error.place.end) : {},
          },
        }
      : {}),
  });
}
