/** An audit as a comment on a pull request: the score, what changed, the worst findings, and the rest folded away. */
import type { BreakIn } from '../audit/break-in/types.ts';
import type { Violation } from '../audit/policy.ts';
import { type Audit, COUNTS, type Finding } from '../audit/types.ts';
import { attemptName, intruderName } from './break-in.ts';
import { cleanLine } from './text/clean.ts';

/** GitHub takes 65536 characters, GitLab a million. */
const MAX_CHARACTERS = 60_000;
const FEW = 15;
const MANY = 200;

export interface MarkdownInput {
  readonly audit: Audit;
  readonly violations: readonly Violation[];
  readonly baseline?: Audit | undefined;
  readonly attempts?: BreakIn | undefined;
}

export function auditMarkdown({ audit, violations, baseline, attempts }: MarkdownInput): string {
  const { image, score, user, records, checks } = audit;
  const failed = checks.filter(({ outcome }) => outcome === 'fail').map(({ id }) => id);
  const bad = audit.findings.filter(({ level, neededBy, exception }) => {
    return level !== 'note' && neededBy === undefined && exception === undefined;
  });
  const rest = audit.findings.filter((finding) => !bad.includes(finding));
  const blocks = [
    `### Attack surface of \`${code(image.name)}\`: ${score.value} of 100 (${score.grade})`,
    [
      `${score.points} points${baseline ? ` (${difference(baseline.score.points, score.points)} against \`${code(baseline.image.name)}\`)` : ''}`,
      score.neededPoints > 0 ? `${score.neededPoints} of them needed by the entry point` : undefined,
      user.isRoot ? '**runs as root**' : `runs as ${cell(user.declared)}`,
      `${records.unowned} of ${records.executables} executables in no package record`,
    ]
      .filter((part) => part !== undefined)
      .join(' · '),
    violations.length > 0
      ? [
          '**Not met:**',
          ...violations.map(({ demand, message }) => `- \`${demand}\`: ${cell(message)}`),
        ].join('\n')
      : '',
    counts(audit, baseline),
    attempts ? brokenInto(attempts) : '',
    bad.length > 0 ? list(bad, FEW) : '',
    details(`${rest.length} more findings`, rest),
    failed.length > 0 ? `Checks that fail: ${failed.join(', ')}` : '',
  ];
  const comment = blocks.filter((block) => block !== '').join('\n\n');
  if (comment.length <= MAX_CHARACTERS) return comment;
  return blocks
    .filter((block) => block !== '' && !block.startsWith('<details>'))
    .join('\n\n')
    .slice(0, MAX_CHARACTERS);
}

function counts(audit: Audit, baseline: Audit | undefined): string {
  const rows = COUNTS.flatMap((name) => {
    const { found, needed } = audit.counts[name];
    const before = baseline?.counts[name].found;
    if (found === 0 && (before ?? 0) === 0) return [];
    const cells = [name, ...(before === undefined ? [] : [before]), found, needed === 0 ? '' : needed];
    return [`| ${[...cells, ...(before === undefined ? [] : [difference(before, found)])].join(' | ')} |`];
  });
  if (rows.length === 0) return '';
  return baseline
    ? ['| | before | now | needed | |', '|---|---:|---:|---:|---:|', ...rows].join('\n')
    : ['| | found | needed |', '|---|---:|---:|', ...rows].join('\n');
}

function brokenInto({ users, tried, worked }: BreakIn): string {
  const rows = users.map((each) => {
    const successes = each.attempts.filter((attempt) => attempt.worked);
    const names = successes.slice(0, FEW).map((attempt) => cell(attemptName(attempt)));
    const more = successes.length - names.length;
    const what = [...names, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
    return `| ${cell(intruderName(each))} | ${successes.length} of ${each.attempts.length} | ${what} |`;
  });
  return [
    `**Breaking in: ${worked} of ${tried} attempts worked**`,
    '',
    '| as | worked | what |',
    '|---|---:|---|',
    ...rows,
  ].join('\n');
}

function list(findings: readonly Finding[], most: number): string {
  const lines = findings.slice(0, most).map(({ rule, message, state, exception }) => {
    const where = state === 'deleted' || state === 'replaced' ? ' _(in a lower layer)_' : '';
    return `- \`${rule}\` ${cell(message)}${where}${exception ? ` _(accepted: ${cell(exception.reason)})_` : ''}`;
  });
  const more = findings.length - lines.length;
  return [...lines, ...(more > 0 ? [`- … and ${more} more`] : [])].join('\n');
}

function details(title: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return '';
  return `<details><summary>${title}</summary>\n\n${list(findings, MANY)}\n\n</details>`;
}

function difference(before: number, after: number): string {
  const change = Math.round((after - before) * 10) / 10;
  return change === 0 ? '±0' : change > 0 ? `+${change}` : `−${-change}`;
}

/** Text from an image says nothing to whoever renders it. */
function cell(value: string): string {
  return cleanLine(value)
    .slice(0, 200)
    .replaceAll(/[\\`*_{}[\]<>#|~@!]/g, String.raw`\$&`);
}

function code(value: string): string {
  return cleanLine(value).replaceAll('`', "'");
}
