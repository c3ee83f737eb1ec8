/** A Dockerfile checked for several platforms: what is the same for all of them is said once. */
import { DecantError } from '../errors.ts';
import { inOrder } from '../dockerfile/lint/lint.ts';
import type { Finding } from '../dockerfile/lint/rule.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { checkDockerfile, type CheckReport, type CheckRequest } from './check.ts';

/** @throws DecantError as `checkDockerfile` does */
export async function checkPlatforms(
  request: Omit<CheckRequest, 'platform'>,
  platforms: readonly Platform[],
): Promise<CheckReport> {
  const reports: CheckReport[] = [];
  for (const platform of platforms) reports.push(await checkDockerfile({ ...request, platform }));
  const [first, ...others] = reports as [CheckReport, ...CheckReport[]];
  if (others.length === 0) return first;
  const names = platforms.map(formatPlatform);
  const namesOf = (holds: (report: CheckReport) => boolean): readonly string[] =>
    names.filter((_, index) => holds(reports[index] as CheckReport));
  const findings = new Map<string, Finding>();
  for (const finding of reports.flatMap((report) => report.findings)) {
    const key = keyOf(finding);
    if (findings.has(key)) continue;
    const where = namesOf((report) => report.findings.some((each) => keyOf(each) === key));
    findings.set(key, { ...finding, message: finding.message + suffix(where, names) });
  }
  const error = reports.find((report) => report.error)?.error;
  const wrongFor = namesOf((report) => report.error?.message === error?.message);
  return {
    ...first,
    findings: inOrder([...findings.values()]),
    failOnFindings: reports.some(({ failOnFindings }) => failOnFindings),
    error: error && withSuffix(error, suffix(wrongFor, names)),
  };
}

function keyOf({ rule, message, lines }: Finding): string {
  return JSON.stringify([rule.name, message, lines.start, lines.end]);
}

function suffix(where: readonly string[], all: readonly string[]): string {
  return where.length === all.length ? '' : ` (for ${where.join(', ')})`;
}

function withSuffix(error: DecantError, text: string): DecantError {
  if (text === '') return error;
  const { code, message, cause, hint, place } = error;
  return new DecantError(code, message + text, { cause, hint, place });
}
