/** `decant compare` */
import { auditImage } from '../../audit/audit.ts';
import { DecantError } from '../../errors.ts';
import { compareImages, USUAL_BANDWIDTHS } from '../../inspect/compare/compare-images.ts';
import { comparePackages } from '../../inspect/compare/compare-packages.ts';
import type { Comparison } from '../../inspect/compare/comparison.ts';
import type { ImageView } from '../../inspect/image/image-view.ts';
import { comparisonJson } from '../../report/compare/json.ts';
import { comparisonMarkdown } from '../../report/compare/markdown.ts';
import { formatComparison } from '../../report/compare/text.ts';
import type { ReadMeans } from '../../transport/image.ts';
import { measurePull } from '../../transport/measure.ts';
import { compareSurfaces } from '../compare-surfaces.ts';
import { compareVulnerabilities } from '../compare-vulnerabilities.ts';
import { parseBandwidth } from '../flags.ts';
import { withImage } from '../image-input.ts';
import { packagesOf } from '../package-list.ts';
import { print, textOptions } from '../io.ts';

interface Flags {
  readonly sizes?: boolean;
  readonly measure?: boolean;
  readonly bandwidth?: readonly string[];
  readonly all?: boolean;
  readonly platform?: string;
  readonly format: 'text' | 'json' | 'markdown' | 'html';
}

const MOST_LINES = 10;

export async function command(first: string, second: string, flags: Flags): Promise<void> {
  if (flags.sizes && flags.measure)
    throw new DecantError('USAGE', '--sizes and --measure exclude each other', {
      hint: 'with --sizes nothing is read that need not be',
    });
  if (flags.format === 'html') {
    const { command: report } = await import('./report.ts');
    return report([first, second], {
      output: '-',
      ...(flags.platform !== undefined && { platform: flags.platform }),
    });
  }
  const comparison = await withImage(first, flags.platform, (one, means) =>
    withImage(second, flags.platform, (other, otherMeans) =>
      compare([one, other], [means, otherMeans], flags),
    ),
  );
  const most = flags.all ? Infinity : MOST_LINES;
  if (flags.format === 'json') print(comparisonJson(comparison));
  else if (flags.format === 'markdown') print(comparisonMarkdown(comparison));
  else print(formatComparison(comparison, { ...textOptions(), most }));
}

async function compare(
  [one, other]: readonly [ImageView, ImageView],
  [means, otherMeans]: readonly [ReadMeans, ReadMeans],
  flags: Flags,
): Promise<Comparison> {
  const bandwidths = flags.bandwidth?.map(parseBandwidth) ?? USUAL_BANDWIDTHS;
  const sizes = await compareImages(one, other, { bandwidths, files: !flags.sizes });
  if (flags.sizes) return sizes;
  const packages = [await packagesOf(one, means), await packagesOf(other, otherMeans)] as const;
  const { signal } = means;
  const vulnerabilities = compareVulnerabilities(means.store, ...packages);
  const audits = [await auditImage(one, { signal }), await auditImage(other, { signal })] as const;
  return {
    ...sizes,
    packages: comparePackages(packages[0].packages, packages[1].packages),
    surface: compareSurfaces(...audits),
    ...(vulnerabilities && { vulnerabilities }),
    // One after the other, so that neither slows the other down.
    ...(flags.measure && {
      measured: [await measurePull(one, means), await measurePull(other, otherMeans)] as const,
    }),
  };
}
