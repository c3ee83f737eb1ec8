/** Images that Docker or an archive has, for builds that stand on them: `--build-context NAME=docker-daemon://IMAGE`. */
import type { Platform } from '../oci/platform.ts';
import type { Means } from '../transport/image.ts';

/** @returns The digest under which the store has it, without a name. @throws DecantError IMAGE_UNKNOWN, IMAGE_PLATFORM, … */
export async function bringImage(means: Means, location: string, platform: Platform): Promise<string> {
  const { copyImage } = await import('../transport/copy.ts');
  const { parseLocation } = await import('../transport/location.ts');
  const target = { transport: 'store', name: '' } as const;
  const { descriptor } = await copyImage({ ...means, source: parseLocation(location), target, platform });
  return descriptor.digest;
}
