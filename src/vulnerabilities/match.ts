/** Whether a version is one that an advisory is about, and in which version that is mended. */
import type { Advisory, AdvisoryRange } from './advisory.ts';
import type { CompareVersions } from './versions/compare.ts';

export interface Match {
  /** The lowest version above it in which it is mended; undefined where there is none. */
  readonly fixed?: string;
}

/** Undefined where the version is not affected. */
export function matchAdvisory(
  advisory: Advisory,
  version: string,
  compare: CompareVersions | undefined,
): Match | undefined {
  if (advisory.versions?.includes(version)) return {};
  if (!compare || version === '') return undefined;
  for (const range of advisory.ranges) {
    if (!isAffected(range, version, compare)) continue;
    const fixes = (range.fixed ?? []).filter((fix) => compare(fix, version) > 0).sort(compare);
    return fixes[0] === undefined ? {} : { fixed: fixes[0] };
  }
  return undefined;
}

/** From the last start at or below the version on, unless an end lies between the two. */
function isAffected(
  { introduced, fixed = [], lastAffected = [] }: AdvisoryRange,
  version: string,
  compare: CompareVersions,
): boolean {
  const order: CompareVersions = (a, b) => (a === b ? 0 : a === '0' ? -1 : b === '0' ? 1 : compare(a, b));
  const starts = introduced.filter((start) => order(start, version) <= 0).sort(order);
  const start = starts.at(-1);
  if (start === undefined) return false;
  return (
    !fixed.some((end) => order(end, start) >= 0 && order(end, version) <= 0) &&
    !lastAffected.some((end) => order(end, start) >= 0 && order(end, version) < 0)
  );
}
