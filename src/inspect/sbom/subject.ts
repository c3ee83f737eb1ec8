/** The image that a bill of materials is of, as an opened image tells it. */
import { formatPlatform } from '../../oci/platform.ts';
import type { ImageView } from '../image/image-view.ts';
import type { SbomSubject } from './sbom.ts';

/** @param toolVersion Of decant. */
export function subjectOf(image: ImageView, toolVersion: string): SbomSubject {
  const { name, names, descriptor, platform, config } = image;
  return {
    name: names[0] ?? name,
    digest: descriptor.digest,
    platform: formatPlatform(platform),
    created: config.created,
    toolVersion,
  };
}
