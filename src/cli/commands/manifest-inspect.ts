/** `decant manifest inspect` */
import { forPlatform } from '../../transport/choose.ts';
import { parseLocation } from '../../transport/location.ts';
import { openSource } from '../../transport/open.ts';
import { platformFlag } from '../flags.ts';
import { formatJson } from '../../report/text/json.ts';
import { print, standardOutput } from '../io.ts';
import { withMeans } from '../means.ts';

interface Flags {
  readonly platform?: string;
  readonly raw?: boolean;
  readonly format: 'text' | 'json';
}

export async function command(image: string, flags: Flags): Promise<void> {
  const location = parseLocation(image);
  const platform = platformFlag(flags.platform);
  const { name, document } = await withMeans('quiet', async (means) => {
    const source = await openSource(location, means);
    try {
      return {
        name: source.name,
        document: platform === undefined ? source.top : await forPlatform(source, platform),
      };
    } finally {
      await source.close();
    }
  });
  if (flags.raw) return void standardOutput().write(document.bytes);
  const manifest = JSON.parse(document.bytes.toString('utf8')) as unknown;
  const { digest, mediaType, size } = document.descriptor;
  print(formatJson(flags.format === 'json' ? { name, digest, mediaType, size, manifest } : manifest));
}
