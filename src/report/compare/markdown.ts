/** A comparison of two images as Markdown, of the size of a comment on a pull request (GitHub takes 65 536 characters). */
import type { Changes, Comparison } from '../../inspect/compare/comparison.ts';
import { shownName } from '../text/name.ts';
import { figuresOf } from './figures.ts';
import { formatRatio } from './ratio.ts';
import { fileLine, packageLine } from './text.ts';

/** Lines of each list; the rest is counted. */
const MOST = 50;
/** A name is cut beyond this, so that a comment stays one. */
const MOST_CHARACTERS = 200;

export function comparisonMarkdown(comparison: Comparison): string {
  const { images, files, packages, surface, vulnerabilities } = comparison;
  const [one, other] = images;
  const size = formatRatio(one.unpackedSize, other.unpackedSize);
  const rows = figuresOf(comparison).map(
    ({ name, values, ratio }) => `| ${name} | ${values[0]} | ${values[1]} | ${ratio} |`,
  );
  const parts = [
    `### ${code(other.name)} is ${size === '' ? 'empty' : size}${size.startsWith('the same') || size === '' ? ' in size' : ''}`,
    [`| | ${code(one.name)} | ${code(other.name)} | |`, '|---|---:|---:|---|', ...rows].join('\n'),
  ];
  if (packages) parts.push(section('Packages', packages, packages.list.map(packageLine)));
  if (surface) parts.push(lists('Attack surface', surface));
  if (vulnerabilities) parts.push(lists('Vulnerabilities', vulnerabilities));
  if (files) parts.push(section('Files', files, files.list.map(fileLine)));
  return `${parts.join('\n\n')}\n`;
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;

function section(
  title: string,
  changes: Changes<{ readonly change: keyof typeof SIGNS }>,
  lines: readonly string[],
): string {
  const { added, removed, changed, list } = changes;
  const summary = `${title}: ${added} added, ${removed} removed, ${changed} changed`;
  return details(
    summary,
    lines.slice(0, MOST).map((line, index) => `${SIGNS[list[index]?.change ?? 'changed']} ${line}`),
    lines.length - MOST,
  );
}

function lists(
  title: string,
  { added, removed }: { readonly added: readonly string[]; readonly removed: readonly string[] },
): string {
  const lines = [...added.map((line) => `+ ${line}`), ...removed.map((line) => `- ${line}`)];
  return details(
    `${title}: ${added.length} added, ${removed.length} removed`,
    lines.slice(0, MOST),
    lines.length - MOST,
  );
}

/** Lines go into a code block, where nothing in them is Markdown; the block's fence is longer than any in them. */
function details(summary: string, lines: readonly string[], left: number): string {
  if (lines.length === 0) return summary;
  const shown = lines.map((line) => shownName(line).slice(0, MOST_CHARACTERS));
  if (left > 0) shown.push(`… and ${left} more`);
  const longest = Math.max(
    0,
    ...shown.flatMap((line) => line.match(/`+/g) ?? []).map((ticks) => ticks.length),
  );
  const fence = '`'.repeat(Math.max(3, longest + 1));
  return `<details><summary>${summary}</summary>\n\n${fence}diff\n${shown.join('\n')}\n${fence}\n\n</details>`;
}

function code(text: string): string {
  const shown = shownName(text).replaceAll('|', '\\|').slice(0, MOST_CHARACTERS);
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const ticks = '`'.repeat(longest + 1);
  return longest > 0 ? `${ticks} ${shown} ${ticks}` : `${ticks}${shown}${ticks}`;
}
