/** What `decant audit` answers, as text. */
import { auditRule } from '../../audit/rules.ts';
import { type Audit, COUNTS, type Finding, type Level } from '../../audit/types.ts';
import { cleanLine } from '../../report/text/clean.ts';
import { createPaint, type Paint, type Style } from '../../report/text/color.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatTable, type TextOptions } from '../../report/text/table.ts';

export interface AuditTextOptions extends TextOptions {
  /** Every finding, rather than the first few of each kind. */
  readonly all: boolean;
}

const STYLES: Readonly<Record<Level, Style>> = { error: 'red', warning: 'yellow', note: 'cyan' };
const FEW = 8;

export function formatAudit(audit: Audit, options: AuditTextOptions): string {
  const paint = createPaint(options.color);
  return [
    heading(audit, paint),
    countTable(audit, options),
    ...findingBlocks(audit.findings, options, paint),
    checkTable(audit, options),
    ...audit.notes.map((note) => `${paint('cyan', 'note:')} ${cleanLine(note)}`),
  ]
    .filter((block) => block !== '')
    .join('\n\n');
}

export function formatAuditHeading(audit: Audit, { color }: TextOptions): string {
  return heading(audit, createPaint(color));
}

function heading({ image, score, entry, user, records }: Audit, paint: Paint): string {
  const { name, platform, layers, files } = image;
  const needed =
    score.neededPoints > 0
      ? `; ${score.neededPoints} of them are what the entry point cannot do without (best: ${score.best})`
      : '';
  const programs = entry.needs.map(({ path, reason }) => `/${path} ${reason}`);
  const packages = Object.entries(records.packages).map(([manager, count]) => `${count} ${manager}`);
  return [
    paint(
      'bold',
      cleanLine(`${name}  ${platform}  ${formatCount(layers, 'layer')}, ${formatCount(files, 'file')}`),
    ),
    `  ${paint('dim', 'score')}    ${paint('bold', `${score.value} of 100, ${score.grade}`)}: ${score.points} points of surface${needed}`,
    `  ${paint('dim', 'user')}     ${cleanLine(user.declared === '' ? 'none declared' : user.declared)}${user.isRoot ? ', which is root' : ''}`,
    `  ${paint('dim', 'needs')}    ${cleanLine(programs.slice(0, FEW).join('; ')) || 'nothing'}${programs.length > FEW ? ` and ${programs.length - FEW} more` : ''}`,
    `  ${paint('dim', 'records')}  ${packages.length > 0 ? `${packages.join(', ')} packages` : 'of no packages'}; ${records.unowned} of ${records.executables} executables are in none`,
  ].join('\n');
}

function countTable({ counts }: Audit, options: AuditTextOptions): string {
  const rows = COUNTS.flatMap((name) => {
    const { found, needed } = counts[name];
    return found === 0 ? [] : [[name, String(found), needed === 0 ? '' : String(needed)]];
  });
  if (rows.length === 0) return '';
  return formatTable(
    [{ title: 'SURFACE' }, { title: 'FOUND', align: 'right' }, { title: 'NEEDED', align: 'right' }],
    rows,
    options,
  );
}

function findingBlocks(
  findings: readonly Finding[],
  { all }: AuditTextOptions,
  paint: Paint,
): readonly string[] {
  const byRule = new Map<string, Finding[]>();
  for (const each of findings) byRule.set(each.rule, [...(byRule.get(each.rule) ?? []), each]);
  return [...byRule].map(([name, items]) => {
    const { level, title, why, fix } = auditRule(name);
    const points = Math.round(items.reduce((sum, item) => sum + item.points, 0) * 10) / 10;
    const shown = all ? items : items.slice(0, FEW);
    const rest = items.length - shown.length;
    return [
      `${paint(STYLES[level], `${level}:`)} ${paint('bold', name)} - ${title}, ${items.length}, ${formatCount(points, 'point')}`,
      ...shown.map((item) => `  ${cleanLine(item.message)}${paint('dim', remark(item))}`),
      ...(rest > 0 ? [`  ${paint('dim', `and ${rest} more; --all shows them`)}`] : []),
      `${paint('dim', 'why:')} ${why}`,
      `${paint('cyan', 'fix:')} ${fix}`,
    ].join('\n');
  });
}

function remark({ state, layer, neededBy, exception }: Finding): string {
  const where =
    layer && layer.createdBy !== undefined
      ? `layer ${layer.index + 1}: ${cleanLine(layer.createdBy).slice(0, 60)}`
      : layer && `layer ${layer.index + 1}`;
  const parts = [
    where,
    state === 'deleted' ? 'removed by a later layer, and still there' : undefined,
    state === 'replaced' ? 'replaced by a later layer, and still there' : undefined,
    neededBy === undefined ? undefined : `needed: ${cleanLine(neededBy)}`,
    exception === undefined ? undefined : `accepted: ${cleanLine(exception.reason)}`,
  ].filter((part) => part !== undefined);
  return parts.length > 0 ? ` (${parts.join('; ')})` : '';
}

const OUTCOMES = { pass: 'pass', fail: 'FAIL', 'not-decidable': '-' } as const;

function checkTable({ checks }: Audit, options: AuditTextOptions): string {
  return formatTable(
    [{ title: 'CHECK' }, { title: '' }, { title: 'TITLE' }, { title: 'DETAIL', least: 20 }],
    checks.map(({ id, title, outcome, detail }) => [id, OUTCOMES[outcome], title, detail]),
    options,
  );
}
