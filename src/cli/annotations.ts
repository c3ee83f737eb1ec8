/** `--annotation`, as `docker buildx build` has it: `[LEVEL[PLATFORM]:]NAME=VALUE`. */
import type { Output } from '../engine/outputs/output.ts';
import { DecantError } from '../errors.ts';

/** With those that outputs name, of which there can be but one kind: one build makes one manifest. @throws USAGE */
export function annotationsOf(
  texts: readonly string[] | undefined,
  outputs: readonly Output[],
): Readonly<Record<string, string>> | undefined {
  const found = Object.assign({}, ...outputs.map(({ annotations }) => annotations)) as Record<string, string>;
  for (const text of texts ?? []) {
    const [, levels, name, value] = /^(?:((?:manifest|index)[^:=]*):)?([^=]+)=(.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      throw new DecantError('USAGE', `invalid --annotation "${text}": it is not NAME=VALUE`);
    }
    const other = (levels ?? 'manifest').split(',').find((level) => !/^manifest(\[[^\]]*\])?$/.test(level));
    if (other !== undefined) {
      throw new DecantError(
        'USAGE',
        `invalid --annotation "${text}": an image for one platform has no ${other}`,
        {
          hint: 'leave out the level, or write manifest:',
        },
      );
    }
    found[name] = value;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}
