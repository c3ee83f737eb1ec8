/** A comparison of two images as JSON; docs/cli.md describes the keys. */
import type { Comparison, ComparedImage } from '../../inspect/compare/comparison.ts';
import { formatJson } from '../text/json.ts';

export function comparisonJson(comparison: Comparison): string {
  const { images, sharedLayers, files, packages, surface, vulnerabilities, deployment, measured } =
    comparison;
  const ratio = (of: 'packedSize' | 'unpackedSize' | 'files') =>
    images[1][of] === 0 ? null : images[0][of] / images[1][of];
  return formatJson({
    images: images.map(figures),
    ratio: { packed: ratio('packedSize'), unpacked: ratio('unpackedSize'), files: ratio('files') },
    layers: images.map(({ layers }) => layers),
    sharedLayers,
    files: files && { ...files, list: files.list.map((change) => ({ ...change, path: `/${change.path}` })) },
    packages,
    surface,
    vulnerabilities,
    deployment,
    measured,
  });
}

function figures({
  name,
  digest,
  id,
  platform,
  packedSize,
  unpackedSize,
  files,
  layers,
}: ComparedImage): object {
  return { name, digest, id, platform, packedSize, unpackedSize, files, layers: layers.length };
}
