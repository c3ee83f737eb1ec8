/** `decant manifest ls` */
import { isIndexType } from '../../oci/media-types.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { entriesOf } from '../../transport/create-index.ts';
import { parseLocation } from '../../transport/location.ts';
import { openSource } from '../../transport/open.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable } from '../../report/text/table.ts';
import { print, textOptions } from '../io.ts';
import { withMeans } from '../means.ts';

export async function command(image: string, flags: { readonly format: 'text' | 'json' }): Promise<void> {
  const location = parseLocation(image);
  const entries = await withMeans('quiet', async (means) => {
    const source = await openSource(location, means);
    try {
      return await entriesOf(source);
    } finally {
      await source.close();
    }
  });
  if (flags.format === 'json') print(formatJson(entries.map(json)));
  else {
    print(
      formatTable(
        [{ title: 'PLATFORM' }, { title: 'DIGEST' }, { title: 'KIND' }],
        entries.map((entry) => [platform(entry), entry.digest, kind(entry)]),
        textOptions(),
      ),
    );
  }
}

function json({ mediaType, digest, size, platform, artifactType, annotations }: Descriptor): object {
  return { mediaType, digest, size, platform: platform ?? null, artifactType, annotations };
}

function platform({ platform }: Descriptor): string {
  return platform && platform.os !== 'unknown' ? formatPlatform(platform) : '-';
}

function kind({ mediaType, annotations, artifactType, platform }: Descriptor): string {
  if (annotations?.['vnd.docker.reference.type'] === 'attestation-manifest') return 'attestation';
  if (isIndexType(mediaType)) return 'index';
  return artifactType ?? (platform?.os === 'unknown' ? mediaType : 'image');
}
