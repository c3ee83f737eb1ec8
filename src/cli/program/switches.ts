/** Switches with a value, `--pull=true`, as Go's programs take them and scripts for them write them. */
import type { Command, Option } from 'commander';
import { DecantError } from '../../errors.ts';

/** As strconv.ParseBool has it. */
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/**
 * The arguments of a command as commander reads them: a switch that is true stands alone, one that is false is gone, and
 * takes the same switch before it along, since the last one counts.
 *
 * @throws DecantError USAGE
 */
export function withoutSwitchValues({ options }: Command, args: readonly string[]): readonly string[] {
  let result: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index] ?? '';
    if (word === '--') return [...result, ...args.slice(index)];
    const [, name = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    const option = options.find(({ long, short }) => name === long || name === short);
    if (option && isSwitch(option) && value !== undefined) {
      if (!TRUE.has(value) && !FALSE.has(value))
        throw new DecantError('USAGE', `${name} is true or false, not "${value}"`);
      if (TRUE.has(value)) result.push(name);
      else result = result.filter((given) => given !== option.long && given !== option.short);
      continue;
    }
    result.push(word);
    // What follows is this flag's value, whatever it looks like.
    const next = args[index + 1];
    if (option?.required && value === undefined && next !== undefined) {
      result.push(next);
      index += 1;
    }
  }
  return result;
}

function isSwitch({ required, optional }: Option): boolean {
  return !required && !optional;
}
