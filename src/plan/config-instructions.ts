/** The instructions that change only the image's config (OCI image-spec, config.md; Docker's extensions to it). */
import { constants } from 'node:os';
import type {
  ArgInstruction,
  Command,
  Dockerfile,
  ExposeInstruction,
  HealthcheckInstruction,
  Instruction,
} from '../dockerfile/instruction.ts';
import { DecantError } from '../errors.ts';
import { expandWord, expandWords } from '../dockerfile/words.ts';
import type { Healthcheck } from '../oci/config.ts';
import { didYouMean } from '../suggest.ts';
import { expandSplit } from './quoted-words.ts';
import { environmentLines, environmentOf } from './scope.ts';
import type { Planner, StageState } from './stage-state.ts';
import { addHistory, expand, giveArgument, invalid, placeOf } from './stage-state.ts';

const DEFAULT_SHELL: readonly string[] = ['/bin/sh', '-c'];

/** Carries out an instruction of this kind; false for any other. */
export function applyToConfig(state: StageState, planner: Planner, instruction: Instruction): boolean {
  const { config } = state;
  const word = (text: string): string => expand(state, planner, text);
  switch (instruction.kind) {
    case 'arg':
      declareArguments(state, planner, instruction);
      return true;
    case 'env': {
      // All values are expanded with what was set before the instruction.
      const pairs = instruction.pairs.map(({ name, value }) => [word(name), word(value)] as const);
      const env = environmentOf(config.Env);
      for (const [name, value] of pairs) {
        env.set(name, value);
        state.scope.setEnv(name, value);
      }
      config.Env = environmentLines(env);
      addHistory(state, `ENV ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`);
      return true;
    }
    case 'label': {
      const pairs = instruction.pairs.map(({ name, value }) => [word(name), word(value)] as const);
      config.Labels = { ...config.Labels, ...Object.fromEntries(pairs) };
      addHistory(state, `LABEL ${pairs.map(([name, value]) => `${name}=${value}`).join(' ')}`);
      return true;
    }
    case 'user':
      config.User = word(instruction.user);
      addHistory(state, `USER ${config.User}`);
      return true;
    case 'volume': {
      const paths = expandSplit(instruction, instruction.paths, () => instruction.paths.map(word));
      if (paths.includes('')) throw invalid('VOLUME specified can not be an empty string');
      config.Volumes = { ...config.Volumes, ...Object.fromEntries(paths.map((path) => [path, {}])) };
      addHistory(state, `VOLUME [${paths.join(' ')}]`);
      return true;
    }
    case 'expose':
      expose(state, planner, instruction);
      return true;
    case 'stopsignal': {
      const signal = word(instruction.signal);
      if (!isSignal(signal)) {
        const near = didYouMean(signal, Object.keys(constants.signals));
        throw invalid(`invalid signal: ${signal}`, near ?? 'use a name such as SIGTERM or a number');
      }
      config.StopSignal = signal;
      addHistory(state, `STOPSIGNAL ${signal}`);
      return true;
    }
    case 'shell':
      config.Shell = instruction.shell;
      addHistory(state, `SHELL [${instruction.shell.join(' ')}]`);
      return true;
    case 'cmd':
      config.Cmd = commandLine(state, instruction);
      state.isCmdSet = true;
      addHistory(state, `CMD ${quoted(config.Cmd)}`);
      return true;
    case 'entrypoint':
      config.Entrypoint = commandLine(state, instruction);
      // A CMD of the base was meant as arguments for the base's own entry point.
      if (!state.isCmdSet) delete config.Cmd;
      addHistory(state, `ENTRYPOINT ${quoted(config.Entrypoint)}`);
      return true;
    case 'healthcheck':
      config.Healthcheck = healthcheck(instruction);
      addHistory(state, instruction.text);
      return true;
    case 'onbuild':
      state.triggers.push(instruction.trigger);
      config.OnBuild = state.triggers;
      return true;
    case 'maintainer':
      state.author = instruction.maintainer;
      addHistory(state, `MAINTAINER ${instruction.maintainer}`);
      return true;
    default:
      return false;
  }
}

/** The argument vector of a command: the shell form is run by the shell of the stage. */
export function commandLine(state: StageState, command: Command): readonly string[] {
  return command.form === 'exec' ? command.args : [...shellOf(state), command.command];
}

export function shellOf(state: StageState): readonly string[] {
  return state.config.Shell?.length ? state.config.Shell : DEFAULT_SHELL;
}

/** As BuildKit writes the arguments of a command into the history. */
function quoted(args: readonly string[]): string {
  return `[${args.map((text) => JSON.stringify(text)).join(' ')}]`;
}

/** `ARG`: a build argument wins over the default, and without either the global value is taken. */
function declareArguments(state: StageState, planner: Planner, instruction: ArgInstruction): void {
  const { buildArguments } = planner.options;
  const shown: string[] = [];
  for (const { name, value: preset } of instruction.args) {
    const given = buildArguments.get(name);
    let value = given;
    if (value === undefined)
      value = preset === undefined ? planner.globalValue(name) : expand(state, planner, preset);
    state.scope.setArg(name, value);
    shown.push(value === undefined ? name : `${name}=${value}`);
  }
  addHistory(state, `ARG ${shown.join(' ')}`);
}

function expose(state: StageState, planner: Planner, instruction: ExposeInstruction): void {
  const { escape } = planner.dockerfile.directives;
  const words = instruction.ports.flatMap((port) => expandWords(port, state.scope.get, { escape }));
  const ports = words.flatMap(portsOf);
  state.config.ExposedPorts = {
    ...state.config.ExposedPorts,
    ...Object.fromEntries(ports.map((port) => [port, {}])),
  };
  addHistory(state, `EXPOSE [${ports.join(' ')}]`);
}

const PROTOCOLS: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp']);

/** `[[ip:]host:]container[-last][/protocol]` as the container's ports; the host's part means nothing in an image. */
function portsOf(word: string): string[] {
  const [ports = '', written = '', ...rest] = word.split('/');
  const protocol = written === '' ? 'tcp' : written;
  const container = ports.slice(ports.lastIndexOf(':') + 1);
  if (container === '') throw invalid(`invalid port: "${word}": no port specified`);
  if (rest.length > 0 || !PROTOCOLS.has(protocol.toLowerCase()))
    throw invalid(`invalid proto: ${protocol}`, 'it is tcp, udp or sctp');
  const [first, last = first] = container
    .split('-')
    .map((text) => (/^\d{1,5}$/.test(text) ? Number(text) : Number.NaN));
  if (first === undefined || last === undefined || !(first <= last && last <= 65535)) {
    throw invalid(
      `invalid containerPort: ${container}`,
      'a port is a number up to 65535, or a range such as 8000-8010',
    );
  }
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol.toLowerCase()}`);
}

function isSignal(text: string): boolean {
  // BuildKit takes any number but 0, since it is the machine's business which there are.
  if (/^[+-]?\d{1,9}$/.test(text)) return Number(text) !== 0;
  const name = text.toUpperCase().startsWith('SIG') ? text.toUpperCase() : `SIG${text.toUpperCase()}`;
  return name in constants.signals || /^SIGRTM(IN(\+([0-9]|1[0-5]))?|AX(-([0-9]|1[0-4]))?)$/.test(name);
}

function healthcheck(instruction: HealthcheckInstruction): Healthcheck {
  const { test, interval, timeout, startPeriod, startInterval, retries } = instruction;
  if (test === 'none') return { Test: ['NONE'] };
  return {
    Test: test.form === 'exec' ? ['CMD', ...test.args] : ['CMD-SHELL', test.command],
    ...(interval ? { Interval: interval } : {}),
    ...(timeout ? { Timeout: timeout } : {}),
    ...(startPeriod ? { StartPeriod: startPeriod } : {}),
    ...(startInterval ? { StartInterval: startInterval } : {}),
    ...(retries ? { Retries: retries } : {}),
  };
}

/** The global ARG instructions in order: each sees those before it and the automatic ones. */
export function globalArguments(
  planner: Pick<Planner, 'dockerfile' | 'options'>,
  automatic: Map<string, string>,
): Map<string, string> {
  const values = new Map(automatic);
  const { buildArguments } = planner.options;
  for (const [name, value] of buildArguments) if (automatic.has(name)) values.set(name, value);
  const { globalArgs, directives } = planner.dockerfile;
  const options = { escape: directives.escape, hintForMissing: missingGlobal(planner.dockerfile) };
  for (const { args, lines } of globalArgs) {
    for (const { name, value: preset } of args) {
      const given = buildArguments.get(name);
      if (given !== undefined) values.set(name, given);
      else if (preset !== undefined) values.set(name, expandPreset(preset, lines));
    }
  }
  return values;

  function expandPreset(preset: string, lines: Instruction['lines']): string {
    try {
      return expandWord(preset, (name) => values.get(name), options);
    } catch (error) {
      throw error instanceof DecantError ? error.at(placeOf(planner.dockerfile, lines)) : error;
    }
  }
}

/** What to do about a variable that is wanted above the first FROM, or in one. */
export function missingGlobal({ globalArgs }: Dockerfile): (name: string) => string {
  const names = new Set(globalArgs.flatMap(({ args }) => args.map((arg) => arg.name)));
  return (name) =>
    names.has(name)
      ? giveArgument(name)
      : `declare it: ARG ${name} above the first FROM, and ${giveArgument(name)}`;
}
