/** `--run-mount SPEC`: what every RUN step gets mounted, written as `RUN --mount` has it. */
import { parseMount, type RunMount } from '../dockerfile/mounts.ts';
import { DecantError } from '../errors.ts';

/** @throws DecantError USAGE */
export function parseRunMounts(texts: readonly string[] | undefined): readonly RunMount[] {
  return (texts ?? []).map((text) => {
    try {
      return parseMount(text);
    } catch (error) {
      if (!(error instanceof DecantError)) throw error;
      throw new DecantError('USAGE', `--run-mount "${text}": ${error.message}`, {
        hint: error.hint ?? 'write it as RUN --mount has it: --run-mount type=cache,target=/root/.cache',
      });
    }
  });
}
