/** What builds leave behind besides images: records with logs, and cache mounts. */
import type { Command } from 'commander';
import { formatOption } from './options.ts';
import type { Lazily } from './options.ts';

export function addRecordCommands(program: Command, lazily: Lazily): void {
  program
    .command('logs')
    .description('show everything that the steps of a build said')
    .argument('[build]', 'id or its beginning, or latest (default: latest)')
    .argument('[step]', "the step's number, or failed (default: all)")
    .addOption(formatOption())
    .action(lazily(() => import('../commands/logs.ts')));
  const builds = program.command('builds').description('builds that are remembered');
  builds
    .command('ls')
    .description('list the latest builds')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/builds-ls.ts')));
  const cache = program.command('cache').description('cache mounts of RUN steps');
  cache
    .command('ls')
    .description('list the cache mounts')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/cache-ls.ts')));
  cache
    .command('rm')
    .description('remove cache mounts')
    .argument('[caches...]', 'ids or names')
    .option('-a, --all', 'remove all that no step is using')
    .action(lazily(() => import('../commands/cache-rm.ts')));
  cache
    .command('export')
    .description('write a cache mount to a tar archive')
    .argument('<cache>', 'id or name')
    .option('-o, --output <file>', 'the archive (default: standard output)')
    .action(lazily(() => import('../commands/cache-export.ts')));
  cache
    .command('import')
    .description('make a cache mount of a tar archive')
    .argument('<id>', 'the id that steps name it by; without one, the path they mount it at')
    .argument('<file>', 'the archive, plain or compressed, or - for standard input')
    .option('--uid <number>', 'as the mount has it')
    .option('--gid <number>', 'as the mount has it')
    .option('--mode <octal>', 'as the mount has it')
    .action(lazily(() => import('../commands/cache-import.ts')));
}
