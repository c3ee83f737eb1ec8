/** Checking Dockerfiles, and auditing images. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { collect } from './options.ts';
import type { Lazily } from './options.ts';

export function addCheckCommands(program: Command, lazily: Lazily): void {
  program
    .command('check')
    .description('check Dockerfiles without building them')
    .argument('[paths...]', 'Dockerfiles, folders to look for them in, or - for standard input (default: .)')
    .addOption(
      new Option('--format <format>', 'how the answer is written')
        .choices(['text', 'json', 'sarif'])
        .default('text'),
    )
    .addOption(
      new Option('--fail-on <level>', 'the least that ends in status 1 (default: warning)').choices([
        'error',
        'warning',
        'note',
      ]),
    )
    .option('--skip <check>', 'a check to leave out, by name; may be repeated', collect)
    .option('--target <stage>', 'the stage that is shipped (default: the last)')
    .option(
      '--build-arg <name=value>',
      'value for an ARG; without =value taken from the environment',
      collect,
    )
    .option(
      '--platform <platforms>',
      "platforms to check for, such as linux/amd64,linux/arm64 (default: this machine's)",
      collect,
    )
    .action(lazily(() => import('../commands/check.ts')));
  program
    .command('audit')
    .description('find what an intruder could use in an image')
    .argument('<image>', 'in the store, a registry, a layout, an archive, a daemon or a folder (dir:DIR)')
    .addOption(
      new Option('--format <format>', 'how the answer is written')
        .choices(['text', 'json', 'sarif', 'junit', 'markdown'])
        .default('text'),
    )
    .option('--all', 'show every finding')
    .option('--break-in', 'really try, in a container, as root and as the user that the image declares')
    .addOption(
      new Option('--fail-on <level>', 'the least level of a finding that ends in status 1').choices([
        'error',
        'warning',
        'note',
      ]),
    )
    .option('--min-score <score>', 'end in status 1 below this score')
    .option('--max <name=number>', 'a cap on what is counted, such as shells=0; may be repeated', collect)
    .option('--no-worse-than <image>', 'end in status 1 where there is more of anything than in this image')
    .option('--platform <platform>', "platform of the image (default: this machine's)")
    .action(lazily(() => import('../commands/audit.ts')));
}
