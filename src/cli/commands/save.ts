/** `decant save` */
import { DecantError } from '../../errors.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import type { ArchiveType } from '../../oci/archive-write.ts';
import { onInterrupt } from '../interrupt.ts';
import { standardOutput } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(
  images: readonly string[],
  flags: { readonly output?: string; readonly type: ArchiveType },
): Promise<void> {
  if (flags.output === undefined && standardOutput().isTTY) {
    throw new DecantError('USAGE', 'an archive is not written to a terminal', {
      hint: 'name a file with -o FILE, or redirect the output',
    });
  }
  const interruption = onInterrupt();
  try {
    await withStore(async (store) => {
      for (const image of images) await store.images.get(image);
      await writeTo(
        flags.output ?? standardOutput(),
        store.exportLayout(images, { type: flags.type }),
        interruption.signal,
      );
    });
  } finally {
    interruption.dispose();
  }
}
