/** `decant base lock` */
import { streamOf } from '../../codec/stream.ts';
import { writeTo } from '../../engine/outputs/write-file.ts';
import { readRecipe } from '../base-input.ts';
import type { ArchiveFlags } from '../base-input.ts';
import { lockText, solveFor } from '../base-solved.ts';
import { onInterrupt } from '../interrupt.ts';
import { print, tell } from '../io.ts';
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
    const options = { ...flags, signal: interruption.signal, emit: () => {} };
    const solved = await withStore((store) => solveFor(store, recipe, platforms, options));
    const text = lockText(recipe, solved);
    if (flags.output === undefined) print(text);
    else {
      await writeTo(flags.output, streamOf(Buffer.from(text)), interruption.signal);
      const counts = [...solved.packages].map(([of, packages]) => `${packages.length} packages for ${of}`);
      tell(`${flags.output}: ${counts.join(', ')}`);
    }
  } finally {
    interruption.dispose();
  }
}
