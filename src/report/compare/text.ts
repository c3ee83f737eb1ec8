/** A comparison of two images for a terminal. */
import type { Changes, Comparison, FileChange, PackageChange } from '../../inspect/compare/comparison.ts';
import { formatBytes } from '../text/bytes.ts';
import { createPaint } from '../text/color.ts';
import { formatCount } from '../text/count.ts';
import { shownName } from '../text/name.ts';
import { formatTable, type TextOptions } from '../text/table.ts';
import { figuresOf } from './figures.ts';
import { formatDifference } from './ratio.ts';

export interface CompareOptions extends TextOptions {
  /** Lines of each list; the rest is counted. */
  readonly most: number;
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const;
const STYLES = { added: 'green', removed: 'red', changed: 'yellow' } as const;

export function formatComparison(comparison: Comparison, options: CompareOptions): string {
  const { images, sharedLayers, files, packages, surface, vulnerabilities } = comparison;
  const table = formatTable(
    [
      { title: '' },
      { title: images[0].name, align: 'right', least: 10 },
      { title: images[1].name, align: 'right', least: 10 },
      { title: 'RATIO' },
    ],
    figuresOf(comparison).map(({ name, values, ratio }) => [name, ...values, ratio]),
    options,
  );
  const parts = [table];
  if (images[0].platform !== images[1].platform)
    parts.push(`They are for different platforms: ${images[0].platform} and ${images[1].platform}.`);
  const { count, packedSize, unpackedSize } = sharedLayers;
  if (count > 0)
    parts.push(
      `${formatCount(count, 'layer')} shared: ${formatBytes(packedSize)} packed, ${formatBytes(unpackedSize)} unpacked`,
    );
  if (packages) parts.push(changes('packages', packages, packageLine, options));
  if (surface) parts.push(findings('attack surface', surface, options));
  if (vulnerabilities) parts.push(findings('vulnerabilities', vulnerabilities, options));
  if (files) parts.push(changes('files', files, fileLine, options));
  return parts.filter((part) => part !== '').join('\n\n');
}

function changes<T extends FileChange | PackageChange>(
  what: string,
  { added, removed, changed, list }: Changes<T>,
  line: (change: T) => string,
  options: CompareOptions,
): string {
  const paint = createPaint(options.color);
  const heading = `${what}: ${added} added, ${removed} removed, ${changed} changed`;
  const lines = list
    .slice(0, options.most)
    .map((change) => paint(STYLES[change.change], `  ${SIGNS[change.change]} ${line(change)}`));
  return [paint('bold', heading), ...lines, ...more(list.length, options.most)].join('\n');
}

function findings(
  what: string,
  { added, removed }: { readonly added: readonly string[]; readonly removed: readonly string[] },
  options: CompareOptions,
): string {
  const paint = createPaint(options.color);
  const heading = `${what}: ${formatCount(added.length, 'finding')} added, ${removed.length} removed`;
  const shown = (list: readonly string[], kind: 'added' | 'removed'): string[] => [
    ...list.slice(0, options.most).map((text) => {
      // More to find is worse.
      return paint(kind === 'added' ? 'red' : 'green', `  ${SIGNS[kind]} ${shownName(text)}`);
    }),
    ...more(list.length, options.most),
  ];
  return [paint('bold', heading), ...shown(added, 'added'), ...shown(removed, 'removed')].join('\n');
}

function more(count: number, most: number): string[] {
  return count > most ? [`  … and ${count - most} more`] : [];
}

export function fileLine({ change, path, type, sizes, what }: FileChange): string {
  const size =
    change === 'changed'
      ? `${formatDifference(...sizes, formatBytes)}: ${what.join(', ')}`
      : type === 'file'
        ? formatBytes(Math.max(...sizes))
        : type;
  return `${shownName(`/${path}`)} (${size})`;
}

export function packageLine({ manager, name, versions: [before, after] }: PackageChange): string {
  const shown = (versions: readonly string[]): string => versions.join(', ') || 'without a version';
  const what =
    before.length === 0
      ? shown(after)
      : after.length === 0
        ? shown(before)
        : `${shown(before)} → ${shown(after)}`;
  return shownName(`${name} ${what} (${manager})`);
}
