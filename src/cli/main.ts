/**
 * The command line: which commands there are and which flags they take. What a command does is loaded when it is the
 * one that was asked for, because start-up is part of every build's time.
 */
import { Command, CommanderError, Option } from 'commander';
import { DecantError } from '../errors.ts';
import { VERSION } from './version.ts';
import { asDecantError } from './format/error.ts';
import { commandArguments, endWith, printError, watchOutput } from './io.ts';

type Run = (...args: never[]) => Promise<number | void>;
type Lazily = (load: () => Promise<{ command: Run }>) => (...args: unknown[]) => Promise<void>;

const collect = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];
const progressOption = (): Option =>
  new Option('--progress <mode>', 'how progress is shown')
    .choices(['auto', 'tty', 'plain', 'quiet', 'json'])
    .default('auto');
const format = (): Option =>
  new Option('--format <format>', 'how the answer is written').choices(['text', 'json']).default('text');

export async function main(argv: readonly string[]): Promise<number> {
  let status = 0;
  /** Loads the command's module and runs its `command` function with what was parsed. */
  const lazily = (load: () => Promise<{ command: Run }>) => {
    return async (...args: unknown[]): Promise<void> => {
      const { command } = await load();
      status = (await command(...(args as never[]))) ?? 0;
    };
  };
  const program = createProgram(lazily);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error);
    printError(error);
    return asDecantError(error).exitStatus;
  }
}

/** Help and version are no errors; everything else that commander objects to is wrong usage. */
function usage(error: CommanderError): number {
  if (error.exitCode === 0) return 0;
  if (error.code === 'commander.help') return 2;
  // A suggestion comes as a second line of the message.
  const [message = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  printError(
    new DecantError('USAGE', message, {
      hint:
        suggestion?.replace(/^\(Did you mean (.*)\)$/, 'did you mean $1') ??
        '`decant --help` shows commands, `decant COMMAND --help` their flags',
    }),
  );
  return 2;
}

function createProgram(lazily: Lazily): Command {
  const program = new Command('decant')
    .description(
      'Builds container images from Dockerfiles without a daemon, into final images that hold the application and nothing else.',
    )
    .version(VERSION, '-v, --version')
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .showSuggestionAfterError()
    .enablePositionalOptions();

  program
    .command('build')
    .description('build an image from a Dockerfile')
    .argument(
      '<context>',
      'directory with the files that COPY takes, or - for a Dockerfile or tar archive on standard input',
    )
    .option('-f, --file <file>', 'the Dockerfile (default: CONTEXT/Dockerfile), - for standard input')
    .option('-t, --tag <name>', 'name for the image; may be repeated', collect)
    .option('--target <stage>', 'stage to build (default: the last)')
    .option(
      '--build-arg <name=value>',
      'value for an ARG; without =value taken from the environment',
      collect,
    )
    .option('--label <name=value>', 'label for the image', collect)
    .option('--platform <platform>', "platform to build for, such as linux/arm64 (default: this machine's)")
    .addOption(
      new Option(
        '--bases <source>',
        'where distroless and Debian bases come from that the store does not have',
      )
        .choices(['store', 'compose'])
        .default('store'),
    )
    .option('--no-cache', 'run every step again')
    .addOption(
      new Option('--progress <mode>', 'how progress is shown')
        .choices(['auto', 'tty', 'plain', 'quiet', 'json'])
        .default('auto'),
    )
    .option('-q, --quiet', 'show nothing but the image id')
    .option(
      '-o, --output <spec>',
      'type=image|oci|docker|tar|local[,dest=PATH][,compression=gzip|none]; may be repeated',
      collect,
    )
    .addOption(
      new Option('--network <mode>', 'network of RUN steps').choices(['host', 'none']).default('host'),
    )
    .option(
      '--ca-certificates <source>',
      "certificates that RUN steps trust besides the image's: host, or a PEM file",
    )
    .option('--iidfile <file>', 'write the image id to a file')
    .option('--metadata-file <file>', 'write what was built to a file, as JSON')
    .action(lazily(() => import('./commands/build.ts')));

  program
    .command('run')
    .description('run an image')
    .argument('<image>', 'name, digest or id')
    .argument('[args...]', 'arguments for the entry point, or the command where there is none')
    .passThroughOptions()
    .option(
      '-e, --env <name=value>',
      'environment variable; without =value taken from the environment',
      collect,
    )
    .option('-w, --workdir <path>', 'working directory')
    .option('-u, --user <user[:group]>', 'user to run as')
    .option('--entrypoint <path>', "instead of the image's entry point")
    .option('-i, --interactive', 'keep standard input open')
    .option('-t, --tty', "use this terminal as the container's")
    .option('--rm', 'remove what the container wrote when it ends (always so)')
    .option('--read-only', 'let the container write nothing but tmpfs')
    .option('--hostname <name>', 'name of the container')
    .addOption(new Option('--network <mode>').choices(['host', 'none']).default('host'))
    .option('--ca-certificates <source>', 'certificates lent to the container: host, or a PEM file')
    .action(lazily(() => import('./commands/run.ts')));

  program
    .command('images')
    .alias('ls')
    .description('list the images in the store')
    .addOption(format())
    .option('-q, --quiet', 'ids only')
    .action(lazily(() => import('./commands/images.ts')));
  program
    .command('tag')
    .description('give an image another name')
    .argument('<image>')
    .argument('<names...>')
    .action(lazily(() => import('./commands/tag.ts')));
  program
    .command('rmi')
    .description('remove images')
    .argument('<images...>')
    .option('-f, --force', 'do not fail for an image that is not there')
    .action(lazily(() => import('./commands/rmi.ts')));
  program
    .command('prune')
    .description('remove what no image and no recent build needs')
    .option('-a, --all', 'remove the build cache too, however recent')
    .option('--older-than <duration>', 'remove cache entries not used for this long, such as 12h or 7d')
    .addOption(format())
    .action(lazily(() => import('./commands/prune.ts')));
  program
    .command('import')
    .description('make an image of a root file system in a tar archive')
    .argument('<file>', 'the archive, plain or compressed, or - for standard input')
    .argument('<name>', 'name for the image')
    .option('--platform <platform>', 'platform of the image')
    .addOption(
      new Option('--progress <mode>').choices(['auto', 'tty', 'plain', 'quiet', 'json']).default('auto'),
    )
    .action(lazily(() => import('./commands/import.ts')));
  program
    .command('save')
    .description('write images to an archive')
    .argument('<images...>')
    .option('-o, --output <file>', 'the archive (default: standard output)')
    .addOption(
      new Option('--type <type>').choices(['docker-archive', 'oci-archive']).default('docker-archive'),
    )
    .action(lazily(() => import('./commands/save.ts')));
  program
    .command('load')
    .description('read images from an archive')
    .option('-i, --input <file>', 'the archive (default: standard input)')
    .addOption(format())
    .action(lazily(() => import('./commands/load.ts')));
  program
    .command('inspect')
    .description('show what an image is')
    .argument('<images...>')
    .addOption(format())
    .action(lazily(() => import('./commands/inspect.ts')));
  program
    .command('history')
    .description('show the steps that made an image')
    .argument('<image>')
    .addOption(format())
    .action(lazily(() => import('./commands/history.ts')));
  program
    .command('compare')
    .description('compare two images')
    .argument('<first>')
    .argument('<second>')
    .addOption(format())
    .action(lazily(() => import('./commands/compare.ts')));
  program
    .command('doctor')
    .description('look whether this machine has what decant needs')
    .addOption(format())
    .action(lazily(() => import('./commands/doctor.ts')));

  addBaseCommands(program, lazily);
  return program;
}

/** Bases composed from Debian packages. */
function addBaseCommands(program: Command, lazily: Lazily): void {
  const base = program.command('base').description('compose distroless bases from Debian packages');
  const fromArchive = (command: Command): Command =>
    command
      .option('--variant <variant>', 'latest, nonroot, debug, debug-nonroot, lean or lean-nonroot')
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
    .addOption(format())
    .action(lazily(() => import('./commands/base-ls.ts')));
  fromArchive(base.command('build'))
    .description('compose a base')
    .argument(
      '<name>',
      'a base such as python3 or python3-debian12:nonroot, or a recipe file that ends in .yaml',
    )
    .option('-t, --tag <name>', 'name for the image; may be repeated', collect)
    .option('--lock <file>', 'take the packages that a lock file names')
    .addOption(progressOption())
    .addOption(format())
    .action(lazily(() => import('./commands/base-build.ts')));
  fromArchive(base.command('lock'))
    .description('write which packages a base consists of, by version and digest')
    .argument('<name>', 'a base, or a recipe file that ends in .yaml')
    .option('-o, --output <file>', 'the lock file (default: standard output)')
    .action(lazily(() => import('./commands/base-lock.ts')));
  fromArchive(base.command('why'))
    .description('tell why a package is in a base')
    .argument('<package>')
    .argument('<name>', 'a base, or a recipe file that ends in .yaml')
    .action(lazily(() => import('./commands/base-why.ts')));
}

watchOutput();
void main(commandArguments()).then(endWith);
