/** `decant push` */
import { DecantError } from '../../errors.ts';
import { parseImageName } from '../../oci/reference.ts';
import { pushImage } from '../../registry/push.ts';
import type { PushedBlob, PushedTo } from '../../registry/push.ts';
import type { ImageName } from '../../oci/names.ts';
import type { StoredImage } from '../../store/images.ts';
import { nameAmong } from '../../store/images.ts';
import { platformFlag } from '../flags.ts';
import { formatBytes } from '../../report/text/bytes.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatJson } from '../../report/text/json.ts';
import { onInterrupt } from '../interrupt.ts';
import { errorTerminal, print } from '../io.ts';
import { createProgress } from '../progress/progress.ts';
import type { ProgressMode } from '../progress/progress.ts';
import { withStore } from '../store.ts';

interface Flags {
  readonly platform?: string;
  readonly dryRun?: boolean;
  readonly quiet?: boolean;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(image: string, names: readonly string[], flags: Flags): Promise<void> {
  const platform = platformFlag(flags.platform);
  const given = names.map(parseImageName);
  const interruption = onInterrupt();
  const progress = createProgress(flags.quiet ? 'quiet' : flags.progress, errorTerminal());
  const { signal } = interruption;
  const { emit } = progress;
  try {
    const pushed = await withStore(
      async (store, registry) => {
        const stored = await store.images.get(image);
        const targets = given.length > 0 ? given : [ownName(stored, image)];
        const descriptor =
          platform === undefined ? stored.descriptor : (await store.images.load(stored, platform)).descriptor;
        const session = await registry.session();
        return pushImage({ store, session, descriptor, names: targets, dryRun: flags.dryRun, emit, signal });
      },
      { signal, emit },
    );
    progress.close();
    if (flags.format === 'json') print(formatJson(pushed.map(json)));
    else for (const each of pushed) print(text(each, flags.dryRun ?? false));
  } finally {
    progress.close();
    interruption.dispose();
  }
}

/** An id says which image, and not where it goes. */
function ownName({ names }: StoredImage, image: string): ImageName {
  const name = nameAmong(names, image);
  if (name !== undefined) return parseImageName(name);
  throw new DecantError('USAGE', `${image} does not say what the image is to be called in the registry`, {
    hint: `write: decant push ${image} HOST/NAME:TAG`,
  });
}

function json({ names, descriptor, blobs, uploadedBytes, referrers }: PushedTo): object {
  const { digest, mediaType } = descriptor;
  return { names, digest, mediaType, uploadedBytes, blobs, referrers };
}

function text({ names, descriptor, blobs, uploadedBytes, referrers }: PushedTo, dryRun: boolean): string {
  const count = (action: PushedBlob['action']): number =>
    blobs.filter((blob) => blob.action === action).length;
  const [uploaded, mounted, present] = [count('uploaded'), count('mounted'), count('present')];
  const would = dryRun ? 'to be ' : '';
  const parts = [
    uploaded > 0 ? `${formatCount(uploaded, 'blob')} ${would}uploaded (${formatBytes(uploadedBytes)})` : '',
    mounted > 0 ? `${formatCount(mounted, 'blob')} ${would}mounted` : '',
    present > 0 ? `${formatCount(present, 'blob')} there already` : '',
  ].filter((part) => part !== '');
  const about = referrers.map(({ artifactType, action }) => {
    return `\nabout it: ${artifactType}, ${action === 'present' ? 'there already' : `${would}uploaded`}`;
  });
  return `${names.join(', ')} ${descriptor.digest}\n${parts.join(', ')}${about.join('')}`;
}
