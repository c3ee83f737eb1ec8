/** COPY and ADD: sources, destination, and the flags that say how the files arrive. */

import type { Heredoc, SyntaxNode } from './ast.ts';
import { syntaxError } from './failure.ts';
import { parseFlags, type FlagType } from './flags.ts';
import { parseHeredocMark } from './heredocs.ts';
import type { AddInstruction, CopyInstruction } from './instruction.ts';
import { given } from './objects.ts';

type CommonFields = Pick<CopyInstruction, 'keyword' | 'lines' | 'text' | 'comments'>;

const SHARED_FLAGS: Readonly<Record<string, FlagType>> = {
  chown: 'string',
  chmod: 'string',
  link: 'boolean',
  exclude: 'list',
};
const COPY_FLAGS: Readonly<Record<string, FlagType>> = {
  ...SHARED_FLAGS,
  from: 'string',
  parents: 'boolean',
};
const ADD_FLAGS: Readonly<Record<string, FlagType>> = {
  ...SHARED_FLAGS,
  checksum: 'string',
  'keep-git-dir': 'boolean',
  unpack: 'boolean',
};

export function parseCopy(node: SyntaxNode, common: CommonFields): CopyInstruction {
  const { flags, fields } = parseTransfer(node, 'COPY', COPY_FLAGS);
  const from = flags.string('from');
  if (from !== undefined && /\$[\w{]/.test(from)) {
    throw syntaxError(
      'variable expansion is not supported for --from, define a new stage with FROM using ARG from global scope as a workaround',
      `write FROM ${from} AS source above this stage, its ARG above the first FROM, and COPY --from=source here`,
    );
  }
  const parents = flags.boolean('parents') ?? false;
  const optional = given({ from: from || undefined });
  return Object.assign(common, { kind: 'copy' as const, parents }, fields, optional);
}

export function parseAdd(node: SyntaxNode, common: CommonFields): AddInstruction {
  const { flags, fields } = parseTransfer(node, 'ADD', ADD_FLAGS);
  const optional = given({
    checksum: flags.string('checksum') || undefined,
    keepGitDir: flags.boolean('keep-git-dir'),
    unpack: flags.boolean('unpack'),
  });
  return Object.assign(common, { kind: 'add' as const }, fields, optional);
}

function parseTransfer(node: SyntaxNode, instruction: string, known: Readonly<Record<string, FlagType>>) {
  const args = node.heredocs.length > 0 ? joinMarks(node.args) : node.args;
  const destination = args.at(-1);
  if (destination === undefined || args.length < 2) {
    throw syntaxError(
      `${instruction} requires at least two arguments, but only one was provided. Destination could not be determined`,
      `write ${instruction} SOURCE DESTINATION, such as ${instruction} ${destination ?? 'app'} ./`,
    );
  }
  const flags = parseFlags(node.flags, known);
  if (node.heredocs.length > 0 && parseHeredocMark(destination)) {
    throw syntaxError(`${instruction} cannot accept a heredoc as a destination`);
  }
  const { sources, heredocs } = separateHeredocs(args.slice(0, -1), node.heredocs, instruction);
  const link = flags.boolean('link') ?? false;
  const required = { sources, destination, heredocs, link, exclude: flags.list('exclude') };
  const optional = given({
    chown: flags.string('chown') || undefined,
    chmod: flags.string('chmod') || undefined,
  });
  const fields = Object.assign(required, optional);
  return { flags, fields };
}

/** `<< EOF` was split into two words, but announces one heredoc. */
function joinMarks(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const word of words) {
    if (/^\d*<<-?$/.test(joined.at(-1) ?? '')) joined.push(`${joined.pop()}${word}`);
    else joined.push(word);
  }
  return joined;
}

function separateHeredocs(words: readonly string[], bodies: readonly Heredoc[], instruction: string) {
  const unclaimed = [...bodies];
  const sources: string[] = [];
  const heredocs: Heredoc[] = [];
  for (const word of words) {
    const mark = bodies.length > 0 ? parseHeredocMark(word) : undefined;
    const index = mark ? unclaimed.findIndex((heredoc) => heredoc.name === mark.name) : -1;
    if (index === -1) sources.push(word);
    else heredocs.push(...unclaimed.splice(index, 1));
  }
  // The quotes of a flag can hide a heredoc from the arguments though its lines were taken.
  const [lost] = unclaimed;
  if (lost) throw syntaxError(`the heredoc ${lost.name} is not a source of ${instruction}`);
  return { sources, heredocs };
}
