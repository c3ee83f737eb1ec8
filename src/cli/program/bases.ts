/** Bases composed from Debian packages. */
import type { Command } from 'commander';
import { collect, formatOption, progressOption } from './options.ts';
import type { Lazily } from './options.ts';

export function addBaseCommands(program: Command, lazily: Lazily): void {
  const base = program.command('base').description('compose distroless bases from Debian packages');
  const fromArchive = (command: Command): Command =>
    archiveOptions(
      command.option('--variant <variant>', 'latest, nonroot, debug, debug-nonroot, lean or lean-nonroot'),
    );
  const archiveOptions = (command: Command): Command =>
    command
      .option('--platform <platform>', "platform of the image, such as linux/arm64 (default: this machine's)")
      .option(
        '--mirror <url>',
        "package mirror (default: DECANT_DEBIAN_MIRROR, else that of this machine's apt)",
      )
      .option('--security-mirror <url>', 'mirror of security fixes (default: beside the other)')
      .option('--keyring <file>', "keys that releases may be signed with, instead of Debian's")
      .option('--allow-expired', 'accept a release past its Valid-Until')
      .option('--allow-rollback', 'accept a release older than one seen before')
      .option('--offline', 'use only what is in the store');
  base
    .command('ls')
    .description('list the bases that can be composed by name')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/base-ls.ts')));
  fromArchive(base.command('build'))
    .description('compose a base')
    .argument(
      '<name>',
      'a base such as python3 or python3-debian12:nonroot, or a recipe file that ends in .yaml',
    )
    .option('-t, --tag <name>', 'name for the image; may be repeated', collect)
    .option('--lock <file>', 'take the packages that a lock file names')
    .option(
      '--sbom <format=file>',
      'write the bill of materials, spdx or cyclonedx; may be repeated',
      collect,
    )
    .option('--no-sbom', 'keep no bills of materials beside the image')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/base-build.ts')));
  fromArchive(base.command('lock'))
    .description('write which packages a base consists of, by version and digest')
    .argument('<name>', 'a base, or a recipe file that ends in .yaml')
    .option('-o, --output <file>', 'the lock file (default: standard output)')
    .action(lazily(() => import('../commands/base-lock.ts')));
  archiveOptions(base.command('update'))
    .description('tell what the archive has newer than a lock file or an image')
    .argument('<what>', 'a lock file, or an image')
    .argument('[recipe]', 'the recipe file that it was made of, unless it is a base of the list')
    .option('-o, --output <file>', 'write a lock file of the newer packages')
    .option('--write', 'write the newer packages into the lock file itself')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/base-update.ts')));
  archiveOptions(base.command('diff'))
    .description('tell in which packages and files two bases differ')
    .argument('<first>', 'a base, a recipe file that ends in .yaml, a lock file, or an image')
    .argument('<second>', 'the same')
    .option('--packages-only', 'compare packages and compose nothing')
    .option('--files', 'list every file that differs')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/base-diff.ts')));
  fromArchive(base.command('why'))
    .description('tell why a package is in a base')
    .argument('<package>')
    .argument('<name>', 'a base, or a recipe file that ends in .yaml')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/base-why.ts')));
  archiveOptions(base.command('suggest'))
    .description('write the smallest recipe that runs an application')
    .argument('<what>', 'a program, a folder, an image of the store, or an archive of an image')
    .option('--suite <suite>', 'Debian release, 12 or 13 (default: the newest that has everything)')
    .option('--at <path>', 'where a folder will be in the image (default: /app)')
    .option('--ignore <library>', 'a library that may be missing; may be repeated', collect)
    .option('-o, --output <file>', 'the recipe (default: standard output)')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/base-suggest.ts')));
}
