/** RUN steps that install packages: what they leave behind, and what they bring. */
import type { RunInstruction } from '../dockerfile/instruction.ts';
import type { Environment } from '../dockerfile/lint/environment.ts';
import type { Reporter } from '../dockerfile/lint/reporter.ts';
import { operandsOf, programOf, simpleCommands } from './commands.ts';
import { OWN_RULES as RULES } from './own-rules.ts';

/** Packages that are compilers, or bring one. */
const COMPILERS: ReadonlySet<string> = new Set(
  'build-essential build-base gcc g++ gcc-c++ clang rustc cargo golang golang-go go default-jdk default-jdk-headless alpine-sdk base-devel ghc'.split(
    ' ',
  ),
);
const JDK =
  /^(?:openjdk[\d-]+-?jdk(?:-headless)?|openjdk\d+|java-\d+-openjdk-devel|gcc-\d+|g\+\+-\d+|clang-\d+)$/;
const INSTALLS = /^(?:install|add)$/;
const REMOVES = /^(?:remove|purge|autoremove|del)$/;
const DISTRIBUTION = /^(?:apt|apt-get|aptitude|apk|dnf|microdnf|yum|zypper|pacman)$/;

type Command = readonly string[];

/** @param isShipped Whether what the step leaves behind is in the final image. */
export function checkPackages(
  run: RunInstruction,
  isShipped: boolean,
  env: Pick<Environment, 'get'>,
  reporter: Reporter,
): void {
  const commands = simpleCommands(textOf(run));
  const { lines } = run;
  const apt = commands.filter((command) => /^apt(?:-get|itude)?$/.test(programOf(command)));
  const updates = apt.some((command) => operandsOf(command)[0] === 'update');
  const installs = apt.filter((command) => operandsOf(command)[0] === 'install');
  const keepsLists = hasMount(run, '/var/lib/apt') || hasMount(run, '/var/lib/apt/lists');
  if (
    updates &&
    installs.length === 0 &&
    !apt.some((command) =>
      /^(?:dist-|full-)?upgrade$|^build-dep$|^source$/.test(operandsOf(command)[0] ?? ''),
    )
  ) {
    const message =
      'apt-get update without an install in the same step: its lists are cached until they are out of date';
    if (!keepsLists) reporter.report(RULES.AptUpdateApart, lines, message);
  }
  if (!isShipped) return;
  if (updates && !keepsLists && !removesLists(commands)) {
    const message = 'apt-get update leaves the package lists in /var/lib/apt/lists';
    reporter.report(RULES.AptListsShipped, lines, message);
  }
  if (installs.some(takesRecommended)) {
    const message = 'apt-get install without --no-install-recommends';
    reporter.report(RULES.AptRecommends, lines, message);
  }
  for (const message of cachesLeft(run, commands, env))
    reporter.report(RULES.PackageCacheShipped, lines, message);
}

/** Compilers that the step installs and does not remove again. */
export function installedCompilers(run: RunInstruction): readonly string[] {
  const commands = simpleCommands(textOf(run)).filter((command) => DISTRIBUTION.test(programOf(command)));
  if (commands.some((command) => REMOVES.test(operandsOf(command)[0] ?? ''))) return [];
  return commands
    .filter((command) => INSTALLS.test(operandsOf(command)[0] ?? '') || programOf(command) === 'pacman')
    .filter((command) => !command.some((word) => word === '-t' || word.startsWith('--virtual')))
    .flatMap((command) => operandsOf(command).slice(1))
    .map((name) => name.split(/[=<>~:]/, 1)[0] ?? '')
    .filter((name) => COMPILERS.has(name) || JDK.test(name));
}

export function textOf(run: RunInstruction): string {
  const command = run.form === 'exec' ? run.args.join(' ') : run.command;
  return [command, ...run.heredocs.map(({ content }) => content)].join('\n');
}

function hasMount({ mounts }: RunInstruction, path: string): boolean {
  return mounts.some(({ type, target }) => type === 'cache' && target?.replace(/\/+$/, '') === path);
}

function removesLists(commands: readonly Command[]): boolean {
  return commands.some(
    (command) =>
      (programOf(command) === 'rm' &&
        command.some((word) => /^\/var\/(?:lib\/(?:apt(?:\/lists)?\/?)?|\*)/.test(word))) ||
      (programOf(command) === 'find' && command.some((word) => word.startsWith('/var/lib/apt'))) ||
      (programOf(command).startsWith('apt') && operandsOf(command)[0] === 'dist-clean'),
  );
}

function takesRecommended(command: Command): boolean {
  return !command.some(
    (word) => word === '--no-install-recommends' || /Install-Recommends=(?:0|false|no)/i.test(word),
  );
}

function cachesLeft(
  run: RunInstruction,
  commands: readonly Command[],
  env: Pick<Environment, 'get'>,
): readonly string[] {
  const has = (program: RegExp, first: RegExp, flag?: RegExp): boolean =>
    commands.some(
      (command) =>
        program.test(programOf(command)) &&
        first.test(operandsOf(command)[0] ?? '') &&
        !(flag && command.some((word) => flag.test(word))),
    );
  const removes = (path: RegExp): boolean =>
    commands.some((command) => programOf(command) === 'rm' && command.some((word) => path.test(word)));
  const hasCache = run.mounts.some(({ type }) => type === 'cache');
  const found: string[] = [];
  if (hasCache) return found;
  const pipIsSet = (env.get('PIP_NO_CACHE_DIR') ?? '') !== '';
  if (has(/^pip[\d.]*$/, /^install$/, /^--no-cache-dir/) && !pipIsSet && !removes(/\.cache/))
    found.push('pip install without --no-cache-dir leaves its downloads in ~/.cache');
  if (has(/^apk$/, /^(?:add|update)$/, /^--no-cache$/) && !removes(/\/var\/cache\/apk/))
    found.push('apk add without --no-cache leaves the index in /var/cache/apk');
  const cleansNpm = has(/^npm$/, /^cache$/) || removes(/\.npm|\/root/);
  if (has(/^npm$/, /^(?:ci|install|i)$/) && !cleansNpm) found.push('npm leaves its downloads in ~/.npm');
  const cleansYarn = has(/^yarn$/, /^cache$/) || removes(/yarn|\.cache/);
  if (
    commands.some(
      (command) => programOf(command) === 'yarn' && /^(?:install)?$/.test(operandsOf(command)[0] ?? ''),
    ) &&
    !cleansYarn
  )
    found.push('yarn leaves its downloads in its cache');
  const cleansDnf = has(/^(?:micro)?dnf\d?$|^yum$/, /^clean$/) || removes(/\/var\/cache/);
  if (has(/^(?:micro)?dnf\d?$|^yum$/, /^install$/) && !cleansDnf)
    found.push('dnf leaves its metadata in /var/cache');
  return found;
}
