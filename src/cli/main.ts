/**
 * The command line: which commands there are and which flags they take. What a command does is loaded when it is the
 * one that was asked for, because start-up is part of every build's time.
 */
import { Command, CommanderError } from 'commander';
import { DecantError } from '../errors.ts';
import { VERSION } from './version.ts';
import { asDecantError } from './format/error.ts';
import { commandArguments, endWith, keepOwnRights, print, printError, tell } from './io.ts';
import { addBaseCommands } from './program/bases.ts';
import { addBuildCommands } from './program/build.ts';
import { addCheckCommands } from './program/checks.ts';
import { addImageCommands } from './program/images.ts';
import { addPackageCommands } from './program/packages.ts';
import { addRecordCommands } from './program/records.ts';
import { addRegistryCommands } from './program/registries.ts';
import type { Lazily, Run } from './program/options.ts';
import { withoutSwitchValues } from './program/switches.ts';

export async function main(argv: readonly string[]): Promise<number> {
  let status = 0;
  /** Loads the command's module and runs its `command` function with what was parsed. */
  const lazily = (load: () => Promise<{ command: Run }>) => {
    return async (...args: unknown[]): Promise<void> => {
      const { command } = await load();
      status = (await command(...(args as never[]))) ?? 0;
    };
  };
  const program = createProgram(lazily, argv[0]);
  try {
    await program.parseAsync(switchesOf(program, argv), { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return usage(error);
    printError(error);
    return asDecantError(error).exitStatus;
  }
}

/** `decant build` is what scripts for other builders call. */
function switchesOf(program: Command, [name, ...args]: readonly string[]): string[] {
  const build = program.commands.find((command) => command.name() === 'build');
  if (name === 'build' && build) return [name, ...withoutSwitchValues(build, args)];
  return name === undefined ? [] : [name, ...args];
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

/** In the order of the help. */
const GROUPS = [
  addBuildCommands,
  addCheckCommands,
  addImageCommands,
  addRegistryCommands,
  addBaseCommands,
  addPackageCommands,
  addRecordCommands,
];

/** @param asked The first argument. Behind the group that has a command of that name, nobody gets to see any. */
function createProgram(lazily: Lazily, asked: string | undefined): Command {
  const program = new Command('decant')
    .description(
      'Builds container images from Dockerfiles without a daemon, into final images that hold the application and nothing else.',
    )
    .version(VERSION, '-v, --version')
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: (text) => tell(text.trimEnd()), outputError: () => {} })
    .showSuggestionAfterError()
    .enablePositionalOptions();

  for (const addGroup of GROUPS) {
    addGroup(program, lazily);
    if (program.commands.some((command) => command.name() === asked)) break;
  }
  return program;
}

keepOwnRights();
void main(commandArguments()).then(endWith);
