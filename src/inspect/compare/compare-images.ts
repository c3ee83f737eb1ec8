/** Sizes, layers, files and time to deploy of two images side by side; rooms above add what they know. */
import { formatPlatform } from '../../oci/platform.ts';
import { walk } from '../../tree/tree.ts';
import type { ImageView } from '../image/image-view.ts';
import { compareFiles } from './compare-files.ts';
import type { ComparedImage, Comparison, Deployment } from './comparison.ts';

/** A slow line, a usual one, and that of a data centre, in bits per second. */
export const USUAL_BANDWIDTHS: readonly number[] = [10e6, 100e6, 1e9];

export interface CompareImagesOptions {
  /** Bits per second, to estimate how long pulling takes. */
  readonly bandwidths?: readonly number[];
  /** Whether files are compared; their number is told all the same. */
  readonly files?: boolean;
}

export async function compareImages(
  first: ImageView,
  second: ImageView,
  { bandwidths = USUAL_BANDWIDTHS, files = true }: CompareImagesOptions = {},
): Promise<Comparison> {
  const images = [await comparedImage(first, second), await comparedImage(second, first)] as const;
  const shared = images[1].layers.filter((layer) => layer.shared);
  return {
    images,
    sharedLayers: {
      count: shared.length,
      packedSize: shared.reduce((sum, { packedSize }) => sum + packedSize, 0),
      unpackedSize: shared.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0),
    },
    ...(files && { files: await compareFiles(first, second) }),
    deployment: bandwidths.map((bandwidth) => deploymentOf(images, bandwidth)),
  };
}

async function comparedImage(image: ImageView, other: ImageView): Promise<ComparedImage> {
  let files = 0;
  for (const node of walk(await image.tree())) if (node.type !== 'directory') files += 1;
  const others = new Set(other.layers.map(({ diffId }) => diffId));
  const layers = await Promise.all(
    image.layers.map(async ({ descriptor, diffId, size, step }) => ({
      digest: descriptor.digest,
      diffId,
      packedSize: descriptor.size,
      unpackedSize: await size(),
      instruction: step?.instruction,
      shared: others.has(diffId),
    })),
  );
  return {
    name: image.name,
    digest: image.descriptor.digest,
    id: image.id,
    platform: formatPlatform(image.platform),
    packedSize: layers.reduce((sum, { packedSize }) => sum + packedSize, 0),
    unpackedSize: layers.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0),
    files,
    layers,
  };
}

/** A layer that an image has twice is sent once; one that is packed otherwise is another blob, and sent again. */
function deploymentOf([first, second]: Comparison['images'], bandwidth: number): Deployment {
  const seconds = (bytes: number): number => (bytes * 8) / bandwidth;
  const blobs = ({ layers }: ComparedImage) =>
    new Map(layers.map(({ digest, packedSize }) => [digest, packedSize]));
  const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, size) => total + size, 0);
  const [before, after] = [blobs(first), blobs(second)];
  const missing = [...after].flatMap(([digest, size]) => (before.has(digest) ? [] : [size]));
  return {
    bandwidth,
    fresh: [seconds(sum(before.values())), seconds(sum(after.values()))],
    update: seconds(sum(missing)),
  };
}
