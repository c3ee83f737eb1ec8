/** `decant digest` */
import { DecantError } from '../../errors.ts';
import { isIndexType } from '../../oci/media-types.ts';
import { familiar, parseReference, withDefaultTag } from '../../oci/reference.ts';
import { headManifest } from '../../registry/protocol/manifests.ts';
import { forPlatform } from '../../transport/choose.ts';
import { registrySource } from '../../transport/registry.ts';
import { platformFlag } from '../flags.ts';
import { formatJson } from '../../report/text/json.ts';
import { print } from '../io.ts';
import { withMeans } from '../means.ts';

interface Flags {
  readonly platform?: string;
  readonly format: 'text' | 'json';
}

export async function command(image: string, flags: Flags): Promise<void> {
  const platform = platformFlag(flags.platform);
  const reference = withDefaultTag(parseReference(image.replace(/^docker:\/\//, '')));
  const name = familiar(reference);
  const found = await withMeans('quiet', async (means) => {
    const session = await means.session();
    const top = await headManifest(session, reference, reference.digest ?? reference.tag ?? '');
    if (!top || platform === undefined || !isIndexType(top.mediaType)) return top;
    return (await forPlatform(await registrySource(session, reference), platform)).descriptor;
  });
  if (!found) {
    throw new DecantError('IMAGE_UNKNOWN', `there is no image ${name} in its registry`, {
      hint: 'check the name and the tag',
    });
  }
  const { digest, mediaType, size } = found;
  print(flags.format === 'json' ? formatJson({ name, digest, mediaType, size }) : digest);
}
