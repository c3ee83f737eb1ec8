/** `decant cache export` */
import { DecantError } from '../../errors.ts';
import { exportCache, findCache } from '../../engine/cache-archive.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import { withCaches } from '../cache-mounts.ts';
import { onInterrupt } from '../interrupt.ts';
import { standardOutput } from '../io.ts';

export function command(text: string, { output }: { readonly output?: string }): Promise<number> {
  const file = output === '-' ? undefined : output;
  if (file === undefined && standardOutput().isTTY) {
    throw new DecantError('USAGE', 'an archive is not written to a terminal', {
      hint: 'name a file with -o FILE, or redirect the output',
    });
  }
  return withCaches(async (store, userNamespace) => {
    const interruption = onInterrupt();
    try {
      const bytes = exportCache(store, findCache(store, text), userNamespace);
      await writeTo(file ?? standardOutput(), bytes, interruption.signal);
    } finally {
      interruption.dispose();
    }
  });
}
