/** What a rule of the audit is. */
import type { CountName, Level } from '../types.ts';

export interface AuditRule {
  readonly name: string;
  readonly title: string;
  readonly level: Level;
  /** What one finding adds to the surface. */
  readonly points: number;
  /** What it is counted as; undefined for what is only told. */
  readonly count?: CountName;
  readonly why: string;
  readonly fix: string;
}

/** What helps against most of what an image has too much of. */
export const LEAVE_OUT =
  'build in one stage, and copy only the application into a last stage that starts from scratch or a distroless base';

export function rule(
  name: string,
  title: string,
  level: Level,
  points: number,
  count: CountName | undefined,
  why: string,
  fix: string,
): AuditRule {
  return { name, title, level, points, ...(count && { count }), why, fix };
}
