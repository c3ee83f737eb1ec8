/** `decant base lock` */
import { makeLock, formatLock } from '../../distroless/lock.ts';
import type { ArchiveRelease } from '../../debian/archive.ts';
import type { PoolFile } from '../../debian/pool.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import { readRecipe, withSolution } from '../base-input.ts';
import type { ArchiveFlags } from '../base-input.ts';
import { onInterrupt } from '../interrupt.ts';
import { print, tell } from '../io.ts';
import { streamOf } from '../../codec/stream.ts';
import { withStore } from '../store.ts';

interface Flags extends Omit<ArchiveFlags, 'platform'> {
  readonly platform?: string;
  readonly output?: string;
}

export async function command(name: string, flags: Flags): Promise<void> {
  const recipe = await readRecipe(name, flags);
  const interruption = onInterrupt();
  try {
    const platforms = (flags.platform ?? 'linux/amd64,linux/arm64').split(',');
    const solved = new Map<string, readonly PoolFile[]>();
    const tools = new Map<string, readonly PoolFile[]>();
    let releases: readonly ArchiveRelease[] = [];
    await withStore(async (store) => {
      for (const platform of platforms) {
        const options = { ...flags, platform, signal: interruption.signal, emit: () => {} };
        await withSolution(
          store,
          recipe,
          options,
          ({ platform: { architecture }, archive, solution, jlink }) => {
            solved.set(architecture, solution.packages);
            if (jlink) tools.set(architecture, jlink.own);
            ({ releases } = archive);
            return Promise.resolve();
          },
        );
      }
    });
    const text = formatLock(makeLock(recipe, solved, releases, tools));
    if (flags.output === undefined) print(text);
    else {
      await writeTo(flags.output, streamOf(Buffer.from(text)), interruption.signal);
      tell(
        `${flags.output}: ${[...solved].map(([architecture, packages]) => `${packages.length} packages for ${architecture}`).join(', ')}`,
      );
    }
  } finally {
    interruption.dispose();
  }
}
