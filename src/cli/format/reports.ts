/**
 * What `decant prune` and `decant doctor` answer.
 */
import { formatBytes } from '../../report/text/bytes.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { createPaint, type Style } from '../../report/text/color.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable, type TextOptions } from '../../report/text/table.ts';
import { pad } from '../../report/text/width.ts';

export interface PruneReport {
  /** Nothing was removed: this is what would be. */
  readonly dryRun: boolean;
  /** One row a kind of thing (`images`, `blobs`, `unpacked layers`, `build records`, …); sizes are bytes on disk. */
  readonly removed: readonly { readonly kind: string; readonly count: number; readonly size: number }[];
}

export function formatPrune(report: PruneReport, options: TextOptions): string {
  const rows = report.removed.filter(({ count }) => count > 0);
  if (rows.length === 0) return 'nothing to remove';
  const table = formatTable(
    [
      { title: report.dryRun ? 'WOULD REMOVE' : 'REMOVED' },
      { title: 'COUNT', align: 'right' },
      { title: 'SIZE', align: 'right' },
    ],
    rows.map(({ kind, count, size }) => [kind, String(count), formatBytes(size)]),
    options,
  );
  return `${table}\n${report.dryRun ? 'would free' : 'freed'} ${formatBytes(freed(report))}`;
}

export function pruneJson(report: PruneReport): string {
  const removed = report.removed.map(({ kind, count, size }) => ({ kind, count, size }));
  return formatJson({ dryRun: report.dryRun, removed, freed: freed(report) });
}

function freed(report: PruneReport): number {
  return report.removed.reduce((sum, { size }) => sum + size, 0);
}

export interface Check {
  /** What was looked at: `user namespaces`. */
  readonly name: string;
  /** `warning`: something works less well, or only some commands do not work. */
  readonly status: 'ok' | 'warning' | 'failed';
  /** What was found. */
  readonly detail: string;
  readonly hint?: string | undefined;
}

export function formatDoctor(checks: readonly Check[], { color }: TextOptions): string {
  const paint = createPaint(color);
  const lines = checks.flatMap(({ name, status, detail, hint }) => [
    `${paint(STATUS_STYLES[status], pad(status, 7))}  ${paint('bold', cleanLine(name))}: ${cleanLine(detail)}`,
    ...(hint === undefined ? [] : [`         ${paint('cyan', 'hint:')} ${cleanLine(hint)}`]),
  ]);
  return [...lines, verdict(checks)].join('\n');
}

export function doctorJson(checks: readonly Check[]): string {
  const healthy = checks.every(({ status }) => status !== 'failed');
  return formatJson({
    healthy,
    checks: checks.map(({ name, status, detail, hint }) => ({ name, status, detail, hint })),
  });
}

const STATUS_STYLES: Readonly<Record<Check['status'], Style>> = {
  ok: 'green',
  warning: 'yellow',
  failed: 'red',
};

function verdict(checks: readonly Check[]): string {
  const failed = checks.filter(({ status }) => status === 'failed').length;
  if (failed > 0) return `${failed} of ${formatCount(checks.length, 'check')} failed`;
  const warnings = checks.filter(({ status }) => status === 'warning').length;
  return warnings > 0
    ? `this machine can build, with ${formatCount(warnings, 'warning')}`
    : 'this machine can build';
}
