/** The files that a build writes about itself: `--iidfile` and `--metadata-file`. */
import { writeFile } from 'node:fs/promises';
import { DecantError, fromSystemError } from '../errors.ts';
import type { BuildResult } from '../engine/build-request.ts';
import { formatPlatform } from '../oci/platform.ts';

/** The keys that `docker buildx build --metadata-file` writes. */
export function metadata({ descriptor, images, names, summary }: BuildResult): string {
  const [only] = images;
  const image = descriptor
    ? {
        'containerimage.digest': descriptor.digest,
        ...(only && images.length === 1 ? { 'containerimage.config.digest': only.imageId } : {}),
        'containerimage.descriptor': descriptor,
        ...(names.length > 0 ? { 'image.name': names.join(',') } : {}),
      }
    : {};
  return `${JSON.stringify({ ...image, ...provenanceOf(images), 'decant.summary': summary }, undefined, 2)}\n`;
}

/** As buildx has it: under a name of its own for each of several platforms. */
function provenanceOf(images: BuildResult['images']): Readonly<Record<string, object>> {
  const found = images.flatMap(({ platform, attestations }) =>
    attestations
      .filter(({ predicateType }) => predicateType === 'https://slsa.dev/provenance/v1')
      .map(({ predicate }) => [`/${formatPlatform(platform)}`, predicate] as const),
  );
  const key = 'buildx.build.provenance';
  return Object.fromEntries(
    found.map(([suffix, predicate]) => [images.length > 1 ? key + suffix : key, predicate]),
  );
}

export async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    const known = fromSystemError(error, `writing ${path}`);
    if (known !== error) throw known;
    throw new DecantError('FILE_UNWRITABLE', `cannot write ${path}`, {
      cause: error,
      hint: 'does its directory exist, and may you write there?',
    });
  }
}
