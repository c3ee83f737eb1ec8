/** Building images, and running them. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { addForeignFlags } from '../foreign-flags.ts';
import { buildProgressOption, collect } from './options.ts';
import type { Lazily } from './options.ts';

export function addBuildCommands(program: Command, lazily: Lazily): void {
  const build = program
    .command('build')
    .description('build an image from a Dockerfile')
    .argument(
      '<context>',
      'directory with the files that COPY takes, address of a git repository or tar archive, or - for standard input',
    )
    .option('-f, --file <file>', 'the Dockerfile (default: CONTEXT/Dockerfile), - for standard input')
    .option('-t, --tag <name>', 'name for the image; may be repeated', collect)
    .option('--target <stage>', 'stage to build (default: the last)')
    .option(
      '--build-arg <name=value>',
      'value for an ARG; without =value taken from the environment',
      collect,
    )
    .option(
      '--build-context <name=value>',
      'named context (or name::platform): directory, file, docker-image://NAME, oci-layout://DIRECTORY, git or archive address',
      collect,
    )
    .option(
      '--run-mount <spec>',
      'mount for every RUN step, written as RUN --mount has it; may be repeated',
      collect,
    )
    .option('--label <name=value>', 'label for the image', collect)
    .option('--annotation <name=value>', 'annotation for the manifest; may be repeated', collect)
    .option(
      '--platform <platforms>',
      "platforms to build for, such as linux/amd64,linux/arm64 (default: this machine's)",
      collect,
    )
    .addOption(
      new Option(
        '--bases <source>',
        'where distroless and Debian bases come from that the store does not have (default: registry)',
      ).choices(['registry', 'compose', 'store']),
    )
    .option('--pull', 'look in the registry whether there are newer images than those in the store')
    .option('--load', 'load the image into Docker or Podman as well as into the store')
    .option('--push', 'bring the image to its registry: short for --output type=registry')
    .option('--offline', 'fetch nothing: use only what is in the store')
    .option('--no-cache', 'run every step again')
    .option(
      '--cache-from <spec>',
      'build cache to use: type=registry,ref=NAME or type=local,src=DIRECTORY; may be repeated',
      collect,
    )
    .option(
      '--cache-to <spec>',
      'where the build cache goes: type=registry,ref=NAME, type=local,dest=DIRECTORY or type=inline[,mode=min|max]; may be repeated',
      collect,
    )
    .option('--explain', 'tell for each step why it was carried out or reused')
    // commander takes it for the opposite of `--cache-filter`, whose value is then true.
    .option(
      '--no-cache-filter <stages>',
      'run the steps of these stages again; may be repeated',
      (value: string, previous: unknown) => collect(value, Array.isArray(previous) ? previous : []),
    )
    .addOption(
      new Option('--on-error <what>', 'shell: opens one in the file system of a step that failed').choices([
        'shell',
      ]),
    )
    .addOption(buildProgressOption())
    .option('-q, --quiet', 'show nothing but the image id')
    .option(
      '-o, --output <spec>',
      'type=image|registry|oci|docker|tar|local|cacheonly[,dest=PATH][,compression=gzip|zstd|uncompressed]; may be repeated',
      collect,
    )
    .addOption(
      new Option('--network <mode>', 'network of RUN steps')
        .choices(['default', 'host', 'none'])
        .default('default'),
    )
    .option(
      '--secret <spec>',
      'secret for RUN steps: id=ID,src=FILE or id=ID,env=VARIABLE; may be repeated',
      collect,
    )
    .option('--ssh <spec>', 'agent of ssh for RUN steps: ID[=SOCKET|KEY[,KEY]]; may be repeated', collect)
    .option(
      '--allow <entitlement>',
      'what RUN may ask for: security.insecure or network.host; may be repeated',
      collect,
    )
    .option('--add-host <name:address>', 'host that RUN steps know by name; may be repeated', collect)
    .option('--shm-size <size>', 'size of /dev/shm in RUN steps (default: 64m)')
    .option(
      '--ulimit <name=soft[:hard]>',
      'limit of RUN steps, such as nofile=1024; may be repeated',
      collect,
    )
    .option(
      '--ca-certificates <source>',
      "certificates that RUN steps trust besides the image's: host, or a PEM file",
    )
    .option('--provenance <spec>', 'attest where the image comes from: true, false or mode=min|max,…')
    .option('--sbom <spec>', 'attest which packages are in the image: true or false')
    .option('--attest <spec>', 'type=provenance|sbom[,…]; may be repeated', collect)
    .option('--iidfile <file>', 'write the image id to a file')
    .option('--metadata-file <file>', 'write what was built to a file, as JSON')
    .option('--report <file>', 'write a page that shows the image and its build, - for standard output')
    .option('--check', 'check the Dockerfile instead of building it: short for --call check')
    .option('--call <method>', 'answer a question instead of building: check, outline or targets')
    .action(lazily(() => import('../commands/build.ts')));
  addForeignFlags(build);

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
    .action(lazily(() => import('../commands/run.ts')));
}
