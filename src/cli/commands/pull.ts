/** `decant pull` */
import { DecantError } from '../../errors.ts';
import { parseReference } from '../../oci/reference.ts';
import { pullImage } from '../../registry/pull.ts';
import type { Pulled } from '../../registry/pull.ts';
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
  readonly allPlatforms?: boolean;
  readonly lazy?: boolean;
  readonly quiet?: boolean;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(images: readonly string[], flags: Flags): Promise<void> {
  if (flags.allPlatforms && flags.platform !== undefined)
    throw new DecantError('USAGE', '--platform and --all-platforms exclude each other');
  const platform = flags.allPlatforms ? 'all' : platformFlag(flags.platform);
  const references = images.map(parseReference);
  const interruption = onInterrupt();
  const progress = createProgress(flags.quiet ? 'quiet' : flags.progress, errorTerminal());
  const { signal } = interruption;
  const { emit } = progress;
  try {
    const pulled = await withStore(
      async (store, registry) => {
        const session = await registry.session();
        const results: Pulled[] = [];
        for (const reference of references) {
          const layers = !flags.lazy;
          results.push(await pullImage({ store, session, reference, platform, layers, emit, signal }));
        }
        return results;
      },
      { signal, emit },
    );
    progress.close();
    if (flags.format === 'json') print(formatJson(pulled.map(json)));
    else for (const each of pulled) print(text(each));
  } finally {
    progress.close();
    interruption.dispose();
  }
}

function json({ name, descriptor, layers, bytes }: Pulled): object {
  const { digest, mediaType } = descriptor;
  return { name: name ?? null, digest, mediaType, layers, fetchedBytes: bytes };
}

function text({ name, descriptor, layers, bytes }: Pulled): string {
  const { fetched, present, left } = layers;
  const parts = [
    fetched > 0 ? `${formatCount(fetched, 'layer')} fetched (${formatBytes(bytes)})` : '',
    present > 0 ? `${formatCount(present, 'layer')} in the store already` : '',
    left > 0 ? `${formatCount(left, 'layer')} left in the registry` : '',
  ].filter((part) => part !== '');
  return `${name === undefined ? '' : `${name} `}${descriptor.digest}\n${parts.length > 0 ? parts.join(', ') : 'no layers'}`;
}
