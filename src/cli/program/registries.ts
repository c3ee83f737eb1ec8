/** Registries: getting images from them, and bringing images there. */
import type { Command } from 'commander';
import { collect, formatOption, progressOption } from './options.ts';
import type { Lazily } from './options.ts';

export function addRegistryCommands(program: Command, lazily: Lazily): void {
  program
    .command('login')
    .description('keep credentials for a registry')
    .argument('[registry]', 'its host and port (default: Docker Hub)')
    .option('-u, --username <name>', 'user name; asked for without it')
    .option('--password-stdin', 'read the password from standard input')
    .action(lazily(() => import('../commands/login.ts')));
  program
    .command('logout')
    .description('forget the credentials for a registry')
    .argument('[registry]', 'its host and port (default: Docker Hub)')
    .action(lazily(() => import('../commands/logout.ts')));
  program
    .command('pull')
    .description('get images from a registry')
    .argument('<images...>', 'names, such as debian:bookworm or localhost:5000/app@sha256:…')
    .option('--platform <platform>', "platform of the image, such as linux/arm64 (default: this machine's)")
    .option('--all-platforms', 'the images for all platforms')
    .option('--lazy', 'leave the layers in the registry until something needs their files')
    .option('-q, --quiet', 'show no progress')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/pull.ts')));
  program
    .command('push')
    .description('bring an image to a registry')
    .argument('<image>', 'name, digest or id of an image in the store')
    .argument('[names...]', 'what it is to be called there (default: its name)')
    .option('--platform <platform>', 'only the image for this platform')
    .option('--dry-run', 'show what would be done')
    .option('-q, --quiet', 'show no progress')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/push.ts')));
  program
    .command('copy')
    .description(
      'copy an image from one place to another, between registries, the store, folders and archives',
    )
    .argument(
      '<source>',
      'a name in a registry, or store:NAME, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:NAME], docker-daemon:NAME',
    )
    .argument('<destination>', 'the same')
    .option('-a, --all', 'the images for all platforms (default, where the destination can hold them)')
    .option('--platform <platform>', 'only the image for this platform')
    .option('--referrers', 'what is about the image too: signatures, attestations, bills of materials')
    .option('-q, --quiet', 'show no progress')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/copy.ts')));
  addManifestCommands(program, lazily);
  program
    .command('tags')
    .description('the tags of a repository')
    .command('ls')
    .description('list the tags of a repository')
    .argument('<repository>', 'its name, such as debian or localhost:5000/app')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/tags-ls.ts')));
  program
    .command('digest')
    .description('the digest that a name stands for in its registry')
    .argument('<image>', 'its name in a registry')
    .option('--platform <platform>', 'of the image for this platform')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/digest.ts')));
}

function addManifestCommands(program: Command, lazily: Lazily): void {
  const manifest = program
    .command('manifest')
    .description('look at manifests, and make indexes of several platforms');
  manifest
    .command('ls')
    .description('list the images that a name stands for, by platform')
    .argument('<image>', 'a name in a registry, or any other source of `decant copy`')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/manifest-ls.ts')));
  manifest
    .command('inspect')
    .description('show a manifest or an index')
    .argument('<image>', 'a name in a registry, or any other source of `decant copy`')
    .option('--platform <platform>', 'of an index, the manifest for this platform')
    .option('--raw', 'its bytes as they are')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/manifest-inspect.ts')));
  manifest
    .command('create')
    .description('make one image for several platforms of several images')
    .argument('<name>', 'what it is to be called in a registry, or any other destination of `decant copy`')
    .argument('<images...>', 'names in registries, or other sources of `decant copy`')
    .option('--annotation <annotation>', 'NAME=VALUE for the index; may be repeated', collect)
    .option('--platform <platform>', 'only the images for this platform; may be repeated', collect)
    .option('-q, --quiet', 'show no progress')
    .addOption(progressOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/manifest-create.ts')));
}
