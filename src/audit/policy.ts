/**
 * What a project demands of its images: the worst finding that may be there, caps for what is counted, a least score, and
 * being no worse than another image. What it has accepted is an exception, with a reason and mostly an end.
 */
import { COUNTS, type Audit, type CountName, type Finding, type Level } from './types.ts';
import { auditRule } from './rules.ts';

export interface Exception {
  /** Name of a rule. */
  readonly rule: string;
  /** In the image, with `*` for any part of a name and `**` for any path; all of the rule without it. */
  readonly path?: string | undefined;
  readonly reason: string;
  /** The last day on which it holds, `2027-01-31`. */
  readonly until?: string | undefined;
}

export interface Policy {
  /** The least level of a finding that fails; what is needed or accepted does not. */
  readonly failOn?: Level | undefined;
  readonly minScore?: number | undefined;
  /** Caps on what is found less what is needed or accepted. */
  readonly max: Readonly<Partial<Record<CountName, number>>>;
}

export interface Violation {
  /** `fail-on`, `min-score`, `max shells`, `no-worse-than`. */
  readonly demand: string;
  readonly message: string;
}

const LEVELS: readonly Level[] = ['note', 'warning', 'error'];

/** Marks what is accepted. An exception that has ended, or that nothing is left of, is told of. */
export function withExceptions(audit: Audit, exceptions: readonly Exception[], today: string): Audit {
  const isOver = ({ until }: Exception): boolean => until !== undefined && until < today;
  const used = new Set<Exception>();
  const findings = audit.findings.map((finding): Finding => {
    const exception = exceptions.find((each) => !isOver(each) && covers(each, finding));
    if (!exception) return finding;
    used.add(exception);
    const { reason, until } = exception;
    return { ...finding, exception: { reason, ...(until !== undefined && { until }) } };
  });
  const notes = exceptions.flatMap((exception) => {
    const what = `the exception of ${exception.rule}${exception.path === undefined ? '' : ` for ${exception.path}`}`;
    if (isOver(exception)) return [`${what} ended on ${exception.until}`];
    return used.has(exception) ? [] : [`${what} is for nothing that is found`];
  });
  return { ...audit, findings, notes: [...audit.notes, ...notes] };
}

function covers({ rule, path }: Exception, finding: Finding): boolean {
  if (rule !== finding.rule) return false;
  return path === undefined || matches(path, finding.path ?? finding.message);
}

function matches(pattern: string, path: string): boolean {
  const source = pattern
    .replace(/^\/+/, '')
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replaceAll(/[^\w/]/g, String.raw`\$&`),
    )
    .join('');
  return new RegExp(`^${source}$`).test(path);
}

/** What does not hold, the worst first; nothing where all does. */
export function violationsOf(audit: Audit, policy: Policy, baseline?: Audit): readonly Violation[] {
  return [
    ...ofLevel(audit, policy),
    ...ofScore(audit, policy),
    ...ofCaps(audit, policy),
    ...worse(audit, baseline),
  ];
}

function isOpen({ neededBy, exception }: Finding): boolean {
  return neededBy === undefined && exception === undefined;
}

function ofLevel({ findings }: Audit, { failOn }: Policy): readonly Violation[] {
  if (failOn === undefined) return [];
  const bad = findings.filter(
    (finding) => isOpen(finding) && LEVELS.indexOf(finding.level) >= LEVELS.indexOf(failOn),
  );
  const [first] = bad;
  if (!first) return [];
  const more = bad.length > 1 ? `, and ${bad.length - 1} more` : '';
  return [{ demand: 'fail-on', message: `${first.level} ${first.rule}: ${first.message}${more}` }];
}

function ofScore({ score }: Audit, { minScore }: Policy): readonly Violation[] {
  if (minScore === undefined || score.value >= minScore) return [];
  return [{ demand: 'min-score', message: `the score is ${score.value}, less than ${minScore}` }];
}

function ofCaps({ findings }: Audit, { max }: Policy): readonly Violation[] {
  return COUNTS.flatMap((name) => {
    const most = max[name];
    if (most === undefined) return [];
    const found = findings.filter((finding) => isOpen(finding) && auditRule(finding.rule).count === name);
    if (found.length <= most) return [];
    const names = found.slice(0, 3).map(({ message }) => message.split(':')[0]);
    return [
      { demand: `max ${name}`, message: `${found.length} ${name}, more than ${most}: ${names.join(', ')}` },
    ];
  });
}

/** More of anything, or fewer records of the same software. */
function worse(audit: Audit, baseline: Audit | undefined): readonly Violation[] {
  if (!baseline) return [];
  const demand = 'no-worse-than';
  const counts = COUNTS.flatMap((name) => {
    const [before, after] = [baseline.counts[name].found, audit.counts[name].found];
    return after > before ? [{ demand, message: `${name}: ${before} before, ${after} now` }] : [];
  });
  const points =
    audit.score.points > baseline.score.points && counts.length === 0
      ? [{ demand, message: `points of surface: ${baseline.score.points} before, ${audit.score.points} now` }]
      : [];
  const hidden =
    audit.records.unowned > baseline.records.unowned
      ? [
          {
            demand,
            message: `programs that no package record names: ${baseline.records.unowned} before, ${audit.records.unowned} now`,
          },
        ]
      : [];
  return [...counts, ...points, ...hidden];
}
