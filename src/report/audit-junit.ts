/**
 * An audit as JUnit's XML, the form that every continuous integration shows: a test for each rule, which fails by what
 * was found at the level that counts, one for each demand of the project, and one for each attempt to break in, which
 * fails by working.
 */
import type { BreakIn } from '../audit/break-in/types.ts';
import type { Policy, Violation } from '../audit/policy.ts';
import { AUDIT_RULES } from '../audit/rules.ts';
import type { Audit, Level } from '../audit/types.ts';
import { attemptName, intruderName } from './break-in.ts';

const LEVELS: readonly Level[] = ['note', 'warning', 'error'];
const MAX_LINES = 50;

export function auditJunit(
  { image, findings, score }: Audit,
  { failOn = 'error' }: Pick<Policy, 'failOn'>,
  violations: readonly Violation[],
  attempts?: BreakIn,
): string {
  const least = LEVELS.indexOf(failOn);
  const tests = AUDIT_RULES.map(({ name, title, fix }) => {
    const bad = findings.filter(
      ({ rule, level, neededBy, exception }) =>
        rule === name && LEVELS.indexOf(level) >= least && neededBy === undefined && exception === undefined,
    );
    const lines = bad.slice(0, MAX_LINES).map(({ message }) => message);
    if (bad.length > MAX_LINES) lines.push(`and ${bad.length - MAX_LINES} more`);
    return { name: `${name}: ${title}`, type: name, lines: bad.length > 0 ? [...lines, `fix: ${fix}`] : [] };
  });
  const demands = violations
    .filter(({ demand }) => demand !== 'fail-on')
    .map(({ demand, message }) => ({ name: demand, type: 'demand', lines: [message] }));
  const all = [...tests, ...demands, ...(attempts ? attemptTests(attempts) : [])];
  const failed = all.filter(({ lines }) => lines.length > 0).length;
  const head = `name="decant audit ${attribute(image.name)}" tests="${all.length}" failures="${failed}" errors="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${head}>`,
    `  <testsuite ${head}>`,
    '    <properties>',
    `      <property name="digest" value="${attribute(image.digest)}"/>`,
    `      <property name="score" value="${score.value}"/>`,
    '    </properties>',
    ...all.flatMap(testCase),
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

function attemptTests({ users }: BreakIn) {
  return users.flatMap((each) =>
    each.attempts.map((attempt) => ({
      name: `breaking in as ${intruderName(each)}: ${attemptName(attempt)}`,
      type: 'break-in',
      lines: attempt.worked ? [`it worked${attempt.detail === '' ? '' : `: ${attempt.detail}`}`] : [],
    })),
  );
}

function testCase({
  name,
  type,
  lines,
}: {
  readonly name: string;
  readonly type: string;
  readonly lines: readonly string[];
}): readonly string[] {
  const open = `    <testcase classname="decant.audit" name="${attribute(name)}"`;
  const [first] = lines;
  if (first === undefined) return [`${open}/>`];
  return [
    `${open}>`,
    `      <failure type="${attribute(type)}" message="${attribute(first)}">${text(lines.join('\n'))}</failure>`,
    '    </testcase>',
  ];
}

function text(value: string): string {
  return allowed(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function attribute(value: string): string {
  return text(value).replaceAll('"', '&quot;').replaceAll('\n', '&#10;');
}

/** What XML 1.0 has no way to write. */
function allowed(value: string): string {
  // oxlint-disable-next-line no-control-regex
  return value.replaceAll(/[\0-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Cs}/gu, '\uFFFD');
}
