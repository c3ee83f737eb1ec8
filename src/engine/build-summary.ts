/** What is told of a build when it is done. */
import type { BuildSummary } from '../events.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Built } from './embedded/build.ts';
import { all } from './embedded/memo.ts';
import type { Output } from './outputs/output.ts';
import type { Packed } from './outputs/pack.ts';

export async function summarizeBuild(
  built: Built,
  packed: Packed | undefined,
  names: readonly string[],
  outputs: readonly Output[],
): Promise<BuildSummary> {
  const sizes = await all(built.targets.map(({ unpackedSize }) => unpackedSize()));
  const unpackedSize = sizes.reduce(
    (sum, size) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
  const layers = packed?.images.flatMap(({ image }) => image.layers) ?? [];
  const platforms = built.targets.map(({ platform }) => formatPlatform(platform));
  return {
    ...(packed ? { digest: packed.descriptor.digest, imageId: imageIdOf(packed) } : {}),
    ...(platforms.length > 1 ? { platforms } : {}),
    names,
    packedSize: layers.reduce((sum, layer) => sum + layer.descriptor.size, 0),
    ...(unpackedSize === undefined ? {} : { unpackedSize }),
    ...(await built.summary()),
    outputs: outputs.flatMap(({ type, destination, push }) =>
      push ? 'registry' : typeof destination === 'string' ? `${type} ${destination}` : [],
    ),
  };
}

/** Digest of the config; of several platforms, of the index. */
export function imageIdOf({ images, descriptor }: Packed): string {
  const [only] = images;
  return only && images.length === 1 ? only.documents.configDescriptor.digest : descriptor.digest;
}
