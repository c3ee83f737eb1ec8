/** `decant manifest create` */
import { createIndex, type CreatedIndex } from '../../transport/create-index.ts';
import { parseLocation } from '../../transport/location.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { parseAssignments, platformFlag } from '../flags.ts';
import { formatJson } from '../../report/text/json.ts';
import { print } from '../io.ts';
import { withMeans } from '../means.ts';
import type { ProgressMode } from '../progress/progress.ts';

interface Flags {
  readonly annotation?: readonly string[];
  readonly platform?: readonly string[];
  readonly quiet?: boolean;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(name: string, images: readonly string[], flags: Flags): Promise<void> {
  const platforms = flags.platform?.flatMap((text) =>
    text
      .split(',')
      .map((one) => platformFlag(one) ?? [])
      .flat(),
  );
  const given = parseAssignments(flags.annotation, '--annotation', () => '');
  const annotations = given.size > 0 ? Object.fromEntries(given) : undefined;
  const target = parseLocation(name);
  const sources = images.map(parseLocation);
  const created = await withMeans(flags.quiet ? 'quiet' : flags.progress, (means) =>
    createIndex({ ...means, target, sources, platforms, annotations }),
  );
  print(flags.format === 'json' ? formatJson(json(created)) : text(created));
}

function json({ target, descriptor, manifests, blobs, copiedBytes }: CreatedIndex): object {
  const { digest, mediaType } = descriptor;
  return { target, digest, mediaType, manifests, copiedBytes, blobs };
}

function text({ target, descriptor, manifests }: CreatedIndex): string {
  const platforms = manifests.flatMap(({ platform }) =>
    platform && platform.os !== 'unknown' ? [formatPlatform(platform)] : [],
  );
  return `${target} ${descriptor.digest}\n${platforms.join(', ')}`;
}
