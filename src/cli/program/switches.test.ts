import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { withoutSwitchValues } from './switches.ts';

const command = new Command()
  .option('-q, --quiet')
  .option('--pull')
  .option('--no-cache')
  .option('--label <label>')
  .option('--no-cache-filter <stages>');

describe('switches with a value', () => {
  test.each([
    ['--pull=true .', '--pull .'],
    ['--pull=1 --quiet=T', '--pull --quiet'],
    ['--pull=false .', '.'],
    ['--no-cache=true', '--no-cache'],
    ['--no-cache=0', ''],
    // The last one counts.
    ['--pull --pull=false .', '.'],
    ['-q --quiet=false', ''],
    ['--pull=false --pull', '--pull'],
    // Values of other flags stay as they are, and so does what follows two dashes.
    ['--label=pull=true', '--label=pull=true'],
    ['--label --pull=false', '--label --pull=false'],
    ['--no-cache-filter=a', '--no-cache-filter=a'],
    ['-- --pull=true', '-- --pull=true'],
    ['--unknown=true', '--unknown=true'],
  ])('%s is %s', (given, expected) => {
    expect(withoutSwitchValues(command, given.split(' ')).join(' ')).toBe(expected);
  });

  test('another value is none', () => {
    expect(() => withoutSwitchValues(command, ['--pull=always'])).toThrow(
      '--pull is true or false, not "always"',
    );
  });
});
