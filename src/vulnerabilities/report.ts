/** What a scan answers: findings, and those that were left out with the reason why. */
import type { SourceDescription } from './database.ts';
import type { Finding, Scan } from './scan.ts';
import type { VexStatement } from './vex/statement.ts';
import { applyVex, type IgnoredFinding } from './vex/vex.ts';

export interface ScanReport extends Scan {
  readonly image: string;
  readonly digest: string;
  readonly platform: string;
  readonly sources: readonly SourceDescription[];
  readonly ignored: readonly IgnoredFinding[];
}

export interface LeaveOutOptions {
  readonly statements: readonly VexStatement[];
  /** The image's own package URLs. */
  readonly image: readonly string[];
  /** What there is no fix for is left out. */
  readonly unfixed: boolean;
}

export function leaveOut(
  findings: readonly Finding[],
  { statements, image, unfixed }: LeaveOutOptions,
): Pick<ScanReport, 'findings' | 'ignored'> {
  const { findings: kept, ignored } = applyVex(findings, statements, image);
  if (!unfixed) return { findings: kept, ignored };
  const open = kept.filter((finding) => finding.fixed === undefined);
  return {
    findings: kept.filter((finding) => finding.fixed !== undefined),
    ignored: [
      ...ignored,
      ...open.map((finding) => ({
        finding,
        status: 'unfixed',
        ...(finding.note !== undefined && { reason: finding.note }),
      })),
    ],
  };
}
