/** What is in an image by package, and what is known to be wrong with it. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Lazily } from './options.ts';

/** What `withImage` opens. */
const IMAGE = 'an image of the store or a registry, or another source of `decant copy`';

export function addPackageCommands(program: Command, lazily: Lazily): void {
  program
    .command('sbom')
    .description('list the packages of an image, or write its bill of materials')
    .argument('<image>', IMAGE)
    .addOption(
      new Option('--format <format>', 'form of the answer')
        .choices(['text', 'json', 'spdx-json', 'spdx3-json', 'cyclonedx-json'])
        .default('text'),
    )
    .option('-o, --output <file>', 'write it to a file (default: standard output)')
    .option(
      '--platform <platform>',
      "of an image for several, the one for this platform (default: this machine's)",
    )
    .action(lazily(() => import('../commands/sbom.ts')));
}
