/**
 * From syntax nodes to typed instructions: the arity, flags and values that each instruction allows. Messages are
 * BuildKit's, since people and tools search for them.
 */

import type { SyntaxNode } from './ast.ts';
import { syntaxError } from './failure.ts';
import { parseFlags, type FlagType } from './flags.ts';
import { parseHealthcheck } from './healthcheck.ts';
import type {
  ArgDeclaration,
  Command,
  FromInstruction,
  Instruction,
  NameValue,
  RunInstruction,
} from './instruction.ts';
import { parseDevice, parseMount } from './mounts.ts';
import { given } from './objects.ts';
import { didYouMean } from '../suggest.ts';
import { quote, trimSpace, trimStart } from './text.ts';
import { parseAdd, parseCopy } from './transfer.ts';

const NAMES =
  'ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER VOLUME WORKDIR'.split(
    ' ',
  );

type CommonFields = Pick<FromInstruction, 'keyword' | 'lines' | 'text' | 'comments'>;

/** The instruction that a node stands for, or DOCKERFILE_SYNTAX without a place. */
export function parseInstruction(node: SyntaxNode): Instruction | FromInstruction {
  const { keyword, lines, text, comments } = node;
  const common: CommonFields = { keyword, lines, text, comments };
  const known = keyword.toLowerCase();
  switch (known) {
    case 'from':
      return parseFrom(node, common);
    case 'arg':
      return Object.assign(common, parseArg(node));
    case 'env':
    case 'label':
      return Object.assign(common, { kind: known } as const, parsePairs(node, known.toUpperCase()));
    case 'run':
      return parseRun(node, common);
    case 'copy':
      return parseCopy(node, common);
    case 'add':
      return parseAdd(node, common);
    case 'workdir':
      return Object.assign(common, { kind: 'workdir' as const, path: onlyArgument(node) });
    case 'user':
      return Object.assign(common, { kind: 'user' as const, user: onlyArgument(node) });
    case 'stopsignal':
      return Object.assign(common, { kind: 'stopsignal' as const, signal: onlyArgument(node) });
    case 'maintainer':
      return Object.assign(common, { kind: 'maintainer' as const, maintainer: onlyArgument(node) });
    case 'volume':
      return Object.assign(common, { kind: 'volume' as const, paths: parseVolumes(node) });
    case 'expose':
      return Object.assign(common, { kind: 'expose' as const, ports: [...someArguments(node)].sort() });
    case 'shell':
      return Object.assign(common, { kind: 'shell' as const, shell: parseShell(node) });
    case 'cmd':
    case 'entrypoint':
      noFlags(node);
      return Object.assign(common, { kind: known } as const, commandOf(node));
    case 'healthcheck':
      return Object.assign(common, { kind: 'healthcheck' } as const, parseHealthcheck(node));
    case 'onbuild':
      return Object.assign(common, { kind: 'onbuild' as const, trigger: parseOnbuild(node) });
    default:
      throw syntaxError(`unknown instruction: ${keyword}`, instructionHint(keyword));
  }
}

/** A line in lower case or with signs in it is rather a command than an instruction that someone misspelt. */
function instructionHint(keyword: string): string | undefined {
  if (/^(<{7}|={7}|>{7})/.test(keyword))
    return 'it is the mark of a merge that is not done: keep one side of it';
  if (keyword === 'INCLUDE')
    return 'no Dockerfile includes another: build what is common as an image of its own, and begin with FROM that; --build-context NAME=docker-image://IMAGE exchanges it';
  const near = didYouMean(keyword, NAMES);
  if (near !== undefined || /^[A-Z]+$/.test(keyword)) return near;
  return 'commands stand behind RUN; a line that goes on with the one above needs a \\ at the end of that one';
}

/** A command's form and content. Nothing at all is an empty text for the shell; `[]` is the empty exec form. */
export function commandOf(node: Pick<SyntaxNode, 'args' | 'json'>): Command {
  return node.json ? { form: 'exec', args: node.args } : { form: 'shell', command: node.args[0] ?? '' };
}

function parseFrom(node: SyntaxNode, common: CommonFields): FromInstruction {
  const [image, as, stage, ...more] = node.args;
  const isNamed = as?.toLowerCase() === 'as' && stage !== undefined && more.length === 0;
  if (isNamed && !isStageName(stage.toLowerCase())) {
    throw syntaxError(
      `invalid name for build stage: ${quote(stage)}, name can't start with a number or contain symbols`,
      'a letter, then letters, digits, "-", "_" and "."',
    );
  }
  if (image === undefined || (as !== undefined && !isNamed)) {
    throw syntaxError(
      'FROM requires either one or three arguments',
      node.args.some((word) => /\$\{[^}]*$/.test(word))
        ? 'a ${…} of FROM cannot hold spaces; a message can stand in an ARG above: ARG NAME=${NAME:?"message"}'
        : 'write FROM IMAGE or FROM IMAGE AS NAME',
    );
  }
  const platform = parseFlags(node.flags, { platform: 'string' }).string('platform');
  const doc = isNamed ? docComment(node.comments, stage.toLowerCase()) : undefined;
  const named = isNamed ? { keyword: as, name: stage } : undefined;
  const optional = given({ platform: platform || undefined, as: named, doc });
  return Object.assign(common, { kind: 'from' as const, image }, optional);
}

function isStageName(name: string): boolean {
  return /^[a-z][a-z0-9-_.]*$/.test(name);
}

function parseArg(node: SyntaxNode) {
  const args = someArguments(node).map((word): ArgDeclaration => {
    const equals = word.indexOf('=');
    if (equals === 0) throw syntaxError('ARG names can not be blank', 'write ARG NAME or ARG NAME=default');
    const name = equals === -1 ? word : word.slice(0, equals);
    const value = equals === -1 ? undefined : word.slice(equals + 1);
    return Object.assign({ name }, given({ value, doc: docComment(node.comments, name) }));
  });
  const doc = args.length === 1 ? args[0]?.doc : undefined;
  return Object.assign({ kind: 'arg' as const, args }, given({ doc }));
}

function docComment(comments: readonly string[], name: string): string | undefined {
  return comments.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
}

function parsePairs(node: SyntaxNode, instruction: string): { pairs: NameValue[]; legacy: boolean } {
  const args = someArguments(node);
  const pairs: NameValue[] = [];
  for (let index = 0; index < args.length; index += 3) {
    const name = args[index] ?? '';
    if (name === '')
      throw syntaxError(`${instruction} names can not be blank`, `write ${instruction} NAME=value`);
    pairs.push({ name, value: args[index + 1] ?? '' });
  }
  return { pairs, legacy: args[2] === '' };
}

const RUN_FLAGS: Readonly<Record<string, FlagType>> = {
  mount: 'list',
  network: 'string',
  security: 'string',
  device: 'list',
};

function parseRun(node: SyntaxNode, common: CommonFields): RunInstruction {
  const flags = parseFlags(node.flags, RUN_FLAGS);
  const mounts = flags.list('mount').map(parseMount);
  const network = flags.string('network') ?? 'default';
  if (network !== 'default' && network !== 'none' && network !== 'host') {
    throw syntaxError(
      `invalid network mode ${quote(network)}`,
      didYouMean(network, ['default', 'none', 'host']) ?? 'there are default, none and host',
    );
  }
  const security = flags.string('security') ?? 'sandbox';
  if (security !== 'sandbox' && security !== 'insecure') {
    throw syntaxError(
      `security ${quote(security)} is not valid`,
      didYouMean(security, ['sandbox', 'insecure']) ?? 'there are sandbox and insecure',
    );
  }
  const devices = flags.list('device').map(parseDevice);
  const { heredocs } = node;
  const fields = { kind: 'run' as const, heredocs, mounts, network, security, devices } as const;
  return Object.assign(common, fields, commandOf(node));
}

function parseVolumes(node: SyntaxNode): string[] {
  return someArguments(node).map((path) => {
    const trimmed = trimSpace(path);
    if (trimmed === '') throw syntaxError('VOLUME specified can not be an empty string');
    return trimmed;
  });
}

function parseShell(node: SyntaxNode): readonly string[] {
  const args = someArguments(node);
  if (node.json) return args;
  throw syntaxError(
    'SHELL requires the arguments to be in JSON form',
    'write it like SHELL ["/bin/bash", "-o", "pipefail", "-c"]',
  );
}

function parseOnbuild(node: SyntaxNode): string {
  const trigger = node.trigger?.keyword.toUpperCase();
  if (trigger === undefined) throw syntaxError('ONBUILD requires at least one argument');
  noFlags(node);
  if (trigger === 'ONBUILD') throw syntaxError("Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed");
  if (trigger === 'FROM' || trigger === 'MAINTAINER') {
    throw syntaxError(`${trigger} isn't allowed as an ONBUILD trigger`);
  }
  const text = trimStart(node.text.slice(node.keyword.length));
  return node.heredocs.reduce((whole, { raw, name }) => `${whole}\n${raw}${name}`, text);
}

function someArguments(node: SyntaxNode): readonly string[] {
  noFlags(node);
  if (node.args.length === 0)
    throw syntaxError(`${node.keyword.toUpperCase()} requires at least one argument`);
  return node.args;
}

function onlyArgument(node: SyntaxNode): string {
  const [argument] = node.args;
  if (argument === undefined)
    throw syntaxError(`${node.keyword.toUpperCase()} requires exactly one argument`);
  noFlags(node);
  return argument;
}

function noFlags(node: SyntaxNode): void {
  if (node.flags.length > 0) parseFlags(node.flags, {});
}
