/** `decant copy` */
import { DecantError } from '../../errors.ts';
import { type Copied, copyImage } from '../../transport/copy.ts';
import { parseLocation } from '../../transport/location.ts';
import { platformFlag } from '../flags.ts';
import { formatBytes } from '../../report/text/bytes.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatJson } from '../../report/text/json.ts';
import { print } from '../io.ts';
import { withMeans } from '../means.ts';
import type { ProgressMode } from '../progress/progress.ts';

interface Flags {
  readonly all?: boolean;
  readonly platform?: string;
  readonly referrers?: boolean;
  readonly quiet?: boolean;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(from: string, to: string, flags: Flags): Promise<void> {
  if (flags.all && flags.platform !== undefined)
    throw new DecantError('USAGE', '--platform and --all exclude each other');
  const platform = flags.all ? 'all' : platformFlag(flags.platform);
  const [source, target] = [parseLocation(from), parseLocation(to)];
  const copied = await withMeans(flags.quiet ? 'quiet' : flags.progress, (means) =>
    copyImage({ ...means, source, target, platform, referrers: flags.referrers }),
  );
  print(flags.format === 'json' ? formatJson(json(copied)) : text(copied));
}

function json({ source, target, sourceDigest, descriptor, blobs, copiedBytes, referrers }: Copied): object {
  const { digest, mediaType } = descriptor;
  const about = referrers.map((each) => ({ digest: each.digest, artifactType: each.artifactType ?? null }));
  return { source, target, digest, mediaType, sourceDigest, copiedBytes, blobs, referrers: about };
}

function text({ target, sourceDigest, descriptor, blobs, copiedBytes, referrers }: Copied): string {
  const count = (wanted: string): number => blobs.filter(({ action }) => action === wanted).length;
  const [sent, mounted, present] = [count('copied'), count('mounted'), count('present')];
  const parts = [
    sent > 0 ? `${formatCount(sent, 'blob')} copied (${formatBytes(copiedBytes)})` : '',
    mounted > 0 ? `${formatCount(mounted, 'blob')} mounted` : '',
    present > 0 ? `${formatCount(present, 'blob')} there already` : '',
    referrers.length > 0 ? `${formatCount(referrers.length, 'manifest')} about it` : '',
    descriptor.digest === sourceDigest ? '' : `the manifest had to be changed from ${sourceDigest}`,
  ].filter((part) => part !== '');
  return `${target} ${descriptor.digest}\n${parts.join(', ')}`;
}
