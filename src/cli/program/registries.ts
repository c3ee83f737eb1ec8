/** Registries: getting images from them, and bringing images there. */
import type { Command } from 'commander';
import { formatOption, progressOption } from './options.ts';
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
}
