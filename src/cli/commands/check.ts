/** `decant check` */
import { ALL_RULES } from '../../check/rules.ts';
import { DecantError } from '../../errors.ts';
import { didYouMean } from '../../suggest.ts';
import type { CheckReport } from '../../check/check.ts';
import type { Level } from '../../dockerfile/lint/rule.ts';
import { sarifLog } from '../../report/sarif.ts';
import { checkAll, checkSettings, checkStatus, type CheckFlags } from '../check-run.ts';
import { findDockerfiles, readForCheck } from '../check-input.ts';
import { projectConfig } from '../config.ts';
import { checkJson, formatCheck } from '../format/check.ts';
import { formatJson } from '../../report/text/json.ts';
import { print, textOptions } from '../io.ts';
import { VERSION } from '../version.ts';

export type CheckFormat = 'text' | 'json' | 'sarif';

interface Flags extends CheckFlags {
  readonly format: CheckFormat;
  readonly failOn?: Level;
  readonly skip?: readonly string[];
}

export async function command(paths: readonly string[], flags: Flags): Promise<number> {
  const { check } = await projectConfig();
  const skip = [...(check?.skip ?? []), ...(flags.skip ?? [])];
  checkNames(skip);
  const files = await findDockerfiles(paths.length > 0 ? paths : ['.']);
  const settings = { ...checkSettings(flags), skip, rules: 'all' as const };
  const reports = await checkAll(settings, files, readForCheck);
  printReports(reports, flags.format);
  return checkStatus(reports, flags.failOn ?? check?.failOn ?? 'warning');
}

/** A misspelt name would skip nothing, in silence. */
function checkNames(skip: readonly string[]): void {
  const names = ALL_RULES.map(({ name }) => name);
  for (const name of skip) {
    if (names.includes(name)) continue;
    throw new DecantError('USAGE', `there is no check "${name}"`, {
      hint: didYouMean(name, names) ?? 'docs/checks.md lists them',
    });
  }
}

export function printReports(reports: readonly CheckReport[], format: CheckFormat): void {
  if (format === 'json') print(checkJson(reports));
  else if (format === 'sarif') print(formatJson(sarifLog(reports, VERSION)));
  else print(formatCheck(reports, textOptions()));
}
