/** `decant base build` */
import { compose } from '../../distroless/compose.ts';
import { familiar, parseImageName } from '../../oci/reference.ts';
import { readRecipe, withSolution } from '../base-input.ts';
import type { ArchiveFlags } from '../base-input.ts';
import { sourceDateEpoch } from '../flags.ts';
import { formatBytes } from '../format/bytes.ts';
import { formatCount } from '../format/count.ts';
import { formatJson } from '../format/json.ts';
import { onInterrupt } from '../interrupt.ts';
import { environment, errorTerminal, print } from '../io.ts';
import { createProgress } from '../progress/progress.ts';
import type { ProgressMode } from '../progress/progress.ts';
import { withStore } from '../store.ts';

interface Flags extends ArchiveFlags {
  readonly tag?: readonly string[];
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

export async function command(name: string, flags: Flags): Promise<void> {
  const recipe = await readRecipe(name, flags);
  const interruption = onInterrupt();
  const progress = createProgress(flags.progress, errorTerminal());
  try {
    const result = await withStore((store) =>
      withSolution(
        store,
        recipe,
        { ...flags, signal: interruption.signal, emit: progress.emit },
        ({ platform, archive, solution }) =>
          compose({
            store,
            recipe,
            platform,
            packages: solution.packages,
            fetch: archive.fetch,
            names: (flags.tag ?? [recipe.name]).map((tag) => familiar(parseImageName(tag))),
            epoch: sourceDateEpoch(environment('SOURCE_DATE_EPOCH')),
            signal: interruption.signal,
            emit: progress.emit,
          }),
      ),
    );
    progress.close();
    const { names, descriptor, imageId, packedSize, packages } = result;
    if (flags.format === 'json') {
      print(
        formatJson({
          names,
          digest: descriptor.digest,
          id: imageId,
          packedSize,
          packages: packages.map(({ name: of, version, architecture }) => ({
            name: of,
            version,
            architecture,
          })),
        }),
      );
    } else {
      print(
        `${names.join(', ')} ${imageId}\n${formatCount(packages.length, 'package')}, ${formatBytes(packedSize)} packed`,
      );
    }
  } finally {
    progress.close();
    interruption.dispose();
  }
}
