/** `--annotation`, as `docker buildx build` has it: `[LEVEL[PLATFORM],…:]NAME=VALUE`. */
import { parseLevel } from '../engine/outputs/annotations.ts';
import type { Annotation } from '../engine/outputs/annotations.ts';
import type { Output } from '../engine/outputs/output.ts';
import { DecantError } from '../errors.ts';

/** With those that outputs name: one build makes one image, whose annotations are the same everywhere. @throws USAGE */
export function annotationsOf(
  texts: readonly string[] | undefined,
  outputs: readonly Output[],
): readonly Annotation[] | undefined {
  const found = [
    ...outputs.flatMap(({ annotations }) => annotations ?? []),
    ...(texts ?? []).flatMap(parseAnnotation),
  ];
  return found.length === 0 ? undefined : found;
}

function parseAnnotation(text: string): readonly Annotation[] {
  const [, levels = 'manifest', name, value] =
    /^(?:((?:manifest|index)[^:=]*):)?([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new DecantError('USAGE', `invalid --annotation "${text}": it is not NAME=VALUE`);
  return levels.split(',').map((level) => {
    const known = parseLevel(level);
    if (known) return { ...known, name, value };
    throw new DecantError('USAGE', `invalid --annotation "${text}": there is no level "${level}"`, {
      hint: 'write manifest, manifest-descriptor, index or index-descriptor, the first two with [PLATFORM] where it is for one',
    });
  });
}
