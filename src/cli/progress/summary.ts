/**
 * What a build says when it is done: what was built and where it went, how big it is, and what the image was
 * spared, because it stayed behind in stages that were thrown away.
 */
import type { BuildSummary } from '../../events.ts';
import { formatBytes } from '../../report/text/bytes.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatDuration } from '../../report/text/duration.ts';
import { cleanLine } from '../../report/text/clean.ts';

/** Lines of text; the first says it all, the others are labelled facts. `milliseconds` is how long it took. */
export function summaryLines(summary: BuildSummary, milliseconds: number): readonly string[] {
  const names = summary.names.map(cleanLine);
  const what = names.length > 0 ? names.join(', ') : (summary.digest ?? summary.imageId ?? 'the result');
  const { unpackedSize } = summary;
  const facts: (readonly [string, string])[] = [];
  if (summary.digest !== undefined && names.length > 0) facts.push(['digest', cleanLine(summary.digest)]);
  // The id of an index is its digest.
  if (summary.platforms) facts.push(['platforms', summary.platforms.map(cleanLine).join(', ')]);
  else if (summary.imageId !== undefined) facts.push(['image id', cleanLine(summary.imageId)]);
  facts.push([
    'size',
    `${formatBytes(summary.packedSize)} packed${unpackedSize === undefined ? '' : `, ${formatBytes(unpackedSize)} unpacked`}`,
  ]);
  facts.push(['cached', `${summary.cachedSteps} of ${formatCount(summary.totalSteps, 'step')}`]);
  for (const { stage, size } of summary.leftBehind) {
    facts.push([
      'left behind',
      `stage ${cleanLine(stage)}${size === undefined ? '' : `: ${formatBytes(size)}`}`,
    ]);
  }
  for (const output of summary.outputs) facts.push(['output', cleanLine(output)]);
  return [
    `built ${cleanLine(what)} in ${formatDuration(milliseconds)}`,
    ...facts.map(([label, value]) => `  ${label.padEnd(12)} ${value}`),
  ];
}
