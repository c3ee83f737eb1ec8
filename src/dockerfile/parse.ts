/**
 * The entry point: the text of a Dockerfile as stages of typed instructions. Follows the Dockerfile reference and,
 * where that is silent, what BuildKit's front end does.
 */

import { DecantError, type Place } from '../errors.ts';
import type { SyntaxNode } from './ast.ts';
import { placed, placeOf, syntaxError, type SourceText } from './failure.ts';
import type { ArgInstruction, Dockerfile, FromInstruction, Instruction, Stage } from './instruction.ts';
import { parseInstruction } from './instructions.ts';
import { given } from './objects.ts';
import { parseSyntax } from './parser.ts';
import { quote } from './text.ts';

export type * from './ast.ts';
export type * from './instruction.ts';

export interface ParseOptions {
  /** The name for messages, as the user gave it. */
  readonly file?: string;
}

/** Parses a Dockerfile, or throws DOCKERFILE_SYNTAX with the place and, where a name is nearly right, a hint. */
export function parseDockerfile(source: string, options: ParseOptions = {}): Dockerfile {
  const text: SourceText = { file: options.file ?? 'Dockerfile', source };
  const tree = parseSyntax(text);
  const globalArgs: ArgInstruction[] = [];
  const stages: { from: FromInstruction; instructions: Instruction[] }[] = [];
  for (const [index, node] of tree.nodes.entries()) {
    const instruction = typed(node, text, tree.nodes[index - 1]);
    if (instruction.kind === 'from') {
      stages.push({ from: instruction, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage) {
      stage.instructions.push(instruction);
    } else if (instruction.kind === 'arg') {
      globalArgs.push(instruction);
    } else {
      throw syntaxError('no build stage in current context', 'begin with FROM').at(placeOf(text, node.lines));
    }
  }
  const last = tree.nodes.at(-1);
  if (stages.length === 0 && last) {
    throw syntaxError('dockerfile contains no stages to build', 'add FROM').at(placeOf(text, last.lines));
  }
  const { directives, warnings } = tree;
  return { source, file: text.file, directives, globalArgs, stages: stages.map(toStage), warnings };
}

/**
 * Parses the text of an ONBUILD trigger. It may come from an image's config, which knows nothing of an escape
 * directive, so continuations and escapes are backslashes. Errors get `place`: the FROM that brought the trigger.
 */
export function parseTrigger(text: string, place?: Place): Instruction {
  const source = { file: 'ONBUILD trigger', source: text };
  try {
    const [node, ...more] = parseSyntax(source).nodes;
    const instruction = node && more.length === 0 ? parseInstruction(node) : undefined;
    if (!instruction) throw syntaxError('onbuild trigger should be a single expression');
    if (instruction.kind === 'from' || instruction.kind === 'maintainer' || instruction.kind === 'onbuild') {
      throw syntaxError(`${instruction.keyword.toUpperCase()} isn't allowed as an ONBUILD trigger`);
    }
    return place ? { ...instruction, lines: { start: place.start, end: place.end } } : instruction;
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    if (!place) throw error.at(placeOf(source, { start: 1, end: 1 }));
    throw new DecantError(error.code, `${error.message} in the ONBUILD trigger ${quote(text)}`, {
      hint: error.hint,
      place,
    });
  }
}

function typed(
  node: SyntaxNode,
  text: SourceText,
  before: SyntaxNode | undefined,
): Instruction | FromInstruction {
  try {
    return parseInstruction(node);
  } catch (error) {
    const place = placeOf(text, node.lines);
    const prefix = `dockerfile parse error on line ${place.start}: `;
    if (!(error instanceof DecantError) || !takesNoHeredoc(before)) throw placed(error, place, prefix);
    const hint = `the JSON form on line ${before.lines.start} takes no heredoc`;
    throw new DecantError(error.code, prefix + error.message, { hint, place, cause: error.cause });
  }
}

/** What follows such an instruction was likely meant as its heredoc. */
function takesNoHeredoc(node: SyntaxNode | undefined): node is SyntaxNode {
  return node?.json === true && node.args.some((word) => word.includes('<<'));
}

function toStage(stage: { from: FromInstruction; instructions: Instruction[] }, index: number): Stage {
  const { from, instructions } = stage;
  const name = from.as?.name.toLowerCase();
  const end = instructions.at(-1)?.lines.end ?? from.lines.end;
  const lines = { start: from.lines.start, end };
  return Object.assign({ index, from, instructions, lines }, given({ name, doc: from.doc }));
}
