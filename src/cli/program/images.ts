/** What the store holds: listing, naming, moving and looking at it. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { collect, formatOption, progressOption } from './options.ts';
import type { Lazily } from './options.ts';

const IMAGE = 'name, digest or id of an image in the store, dir:DIR, or any source that `decant copy` knows';

const platformOption = (): Option =>
  new Option('--platform <platform>', 'of an image for several, the one for this platform');

export function addImageCommands(program: Command, lazily: Lazily): void {
  program
    .command('images')
    .description('list the images in the store')
    .addOption(formatOption())
    .option('-q, --quiet', 'ids only')
    .action(lazily(() => import('../commands/images.ts')));
  program
    .command('ls')
    .description('list the images in the store, or the files of one image')
    .argument('[image]', IMAGE)
    .argument('[path]', 'a directory or a file in it (default: /)')
    .option('-R, --recursive', 'with all that is below')
    .option('-q, --quiet', 'ids of images only')
    .addOption(platformOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/ls.ts')));
  program
    .command('cat')
    .description('write files of an image to standard output')
    .argument('<image>', IMAGE)
    .argument('<paths...>')
    .addOption(platformOption())
    .action(lazily(() => import('../commands/cat.ts')));
  program
    .command('tree')
    .description('draw the directories of an image with their sizes')
    .argument('<image>', IMAGE)
    .argument('[path]', 'a directory in it (default: /)')
    .option('-L, --depth <levels>', 'no deeper than this')
    .option('-d, --directories', 'directories only')
    .addOption(platformOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/tree.ts')));
  program
    .command('find')
    .description('find files in an image')
    .argument('<image>', IMAGE)
    .argument('[expression...]', "paths, then tests as those of find(1): -name '*.so' -size +1M -perm -4000")
    .passThroughOptions()
    .allowUnknownOption()
    .addOption(platformOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/find.ts')));
  program
    .command('tag')
    .description('give an image another name')
    .argument('<image>')
    .argument('<names...>')
    .action(lazily(() => import('../commands/tag.ts')));
  program
    .command('rmi')
    .description('remove images')
    .argument('<images...>')
    .option('-f, --force', 'do not fail for an image that is not there')
    .action(lazily(() => import('../commands/rmi.ts')));
  program
    .command('prune')
    .description('remove what no image and no recent build needs')
    .option('-a, --all', 'remove the build cache too, however recent')
    .option('--older-than <duration>', 'remove cache entries not used for this long, such as 12h or 7d')
    .option('--filter <filter>', 'until=DURATION: the same as --older-than')
    .option(
      '--max-used-space <size>',
      'remove what was not used for longest until the build cache takes no more, such as 10GB',
    )
    .option(
      '--min-free-space <size>',
      'remove what was not used for longest until the disk has this much free space',
    )
    .option('--reserved-space <size>', 'what the build cache may keep for all that')
    .addOption(new Option('--keep-storage <size>').hideHelp())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/prune.ts')));
  program
    .command('import')
    .description('make an image of a root file system in a tar archive')
    .argument('<file>', 'the archive, plain or compressed, or - for standard input')
    .argument('<name>', 'name for the image')
    .option('--platform <platform>', 'platform of the image')
    .addOption(progressOption())
    .action(lazily(() => import('../commands/import.ts')));
  program
    .command('save')
    .description('write images to an archive')
    .argument('<images...>')
    .option('-o, --output <file>', 'the archive (default: standard output)')
    .addOption(
      new Option('--type <type>').choices(['docker-archive', 'oci-archive']).default('docker-archive'),
    )
    .action(lazily(() => import('../commands/save.ts')));
  program
    .command('load')
    .description('read images from an archive')
    .option('-i, --input <file>', 'the archive (default: standard input)')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/load.ts')));
  program
    .command('inspect')
    .description('show what an image is, what is in it, and which of its bytes nobody can see')
    .argument('<images...>', IMAGE)
    .option('--config', 'only what manifest and config say: no layer is read')
    .addOption(platformOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/inspect.ts')));
  program
    .command('history')
    .description('show the steps that made an image')
    .argument('<image>', IMAGE)
    .addOption(platformOption())
    .addOption(formatOption())
    .action(lazily(() => import('../commands/history.ts')));
  program
    .command('compare')
    .description('compare two images: sizes, files, packages, attack surface, time to deploy')
    .argument('<first>', IMAGE)
    .argument('<second>', IMAGE)
    .option('--sizes', 'only sizes and numbers of files and layers')
    .option(
      '--bandwidth <bits>',
      'of a line that images are pulled over, such as 100Mbit; may be repeated (default: 10 Mbit/s, 100 Mbit/s, 1 Gbit/s)',
      collect,
    )
    .option('--measure', 'pull both from a registry on this machine, and tell how long it took')
    .option('-a, --all', 'every change, not only the largest')
    .addOption(platformOption())
    .addOption(
      new Option('--format <format>', 'how the answer is written')
        .choices(['text', 'json', 'markdown', 'html'])
        .default('text'),
    )
    .action(lazily(() => import('../commands/compare.ts')));
  program
    .command('report')
    .description('write a page that shows what is in images, and how they were built')
    .argument('<images...>', 'names of images, the one before first; as `decant inspect` takes them')
    .option('-o, --output <file>', 'the page, - for standard output', 'report.html')
    .option(
      '--platform <platform>',
      "of images for several platforms, the one to show (default: this machine's)",
    )
    .action(lazily(() => import('../commands/report.ts')));
  program
    .command('doctor')
    .description('look whether this machine has what decant needs')
    .addOption(formatOption())
    .action(lazily(() => import('../commands/doctor.ts')));
}
