/** What is in an image by package, and what is known to be wrong with it. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { collect, formatOption, progressOption } from './options.ts';
import type { Lazily } from './options.ts';

/** What `withImage` opens. */
const IMAGE = 'an image of the store or a registry, dir:DIR, or another source of `decant copy`';

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
  program
    .command('scan')
    .description('match the packages of an image with the advisories that are in the store')
    .argument('<image>', IMAGE)
    .addOption(
      new Option('--format <format>', 'form of the answer')
        .choices(['text', 'json', 'sarif'])
        .default('text'),
    )
    .addOption(
      new Option('--fail-on <severity>', 'end in status 1 where there is anything as bad as this').choices([
        'negligible',
        'low',
        'medium',
        'high',
        'critical',
      ]),
    )
    .option('--ignore-unfixed', 'leave out what there is no fix for')
    .option('--vex <file>', 'document that says what is no matter here; may be repeated', collect)
    .option('--parts', "match packages of languages too that a distribution's package brought")
    .option(
      '--platform <platform>',
      "of an image for several, the one for this platform (default: this machine's)",
    )
    .action(lazily(() => import('../commands/scan.ts')));
  addDatabaseCommands(program, lazily);
}

function addDatabaseCommands(program: Command, lazily: Lazily): void {
  const db = program.command('db').description('advisories that images are matched with');
  db.command('import')
    .description('take in advisories from a file')
    .argument(
      '<file>',
      "OSV records as JSON or zip, or Debian's security tracker as JSON; - for standard input",
    )
    .option('--name <name>', 'what the source is called (default: after the file)')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/db-import.ts')));
  db.command('update')
    .description('fetch advisories, or again those fetched before')
    .argument('[url]', 'where they are (default: all that were fetched before)')
    .option('--name <name>', 'what the source is called (default: after the address)')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/db-update.ts')));
  db.command('ls')
    .description('list the sources of advisories')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/db-ls.ts')));
  db.command('rm')
    .description('remove sources of advisories')
    .argument('<names...>')
    .action(lazily(() => import('../commands/db-rm.ts')));
}
