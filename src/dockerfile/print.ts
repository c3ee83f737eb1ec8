/**
 * A parsed Dockerfile as text again: directives, then each instruction on one line under its comments, a blank line
 * between stages. Parsing the text yields the same instructions; only line numbers differ. Lost are blank lines,
 * where lines were continued, and comments that belong to no instruction.
 */

import type { EscapeCharacter } from './ast.ts';
import type { Dockerfile, FromInstruction, Instruction } from './instruction.ts';
import { cutContinuation, MAX_LINE_BYTES } from './lines.ts';
import { isSpace } from './text.ts';

/** The length in UTF-16 units at which a line is continued on the next: no character takes more than three bytes. */
const WRAP_LENGTH = Math.floor(MAX_LINE_BYTES / 4);

export function printDockerfile(dockerfile: Dockerfile): string {
  const { escape } = dockerfile.directives;
  const blocks: (readonly (Instruction | FromInstruction)[])[] = [
    dockerfile.globalArgs,
    ...dockerfile.stages.map((stage) => [stage.from, ...stage.instructions]),
  ];
  const printed = blocks
    .filter((block) => block.length > 0)
    .map((block) => block.map((instruction) => printInstruction(instruction, escape)).join(''));
  // A blank line ends the directives, so that a comment in the form of a directive stays a comment.
  return [printDirectives(dockerfile), ...printed].join('\n');
}

/** One instruction with its comments and the bodies of its heredocs, ending with a line break. */
export function printInstruction(
  instruction: Instruction | FromInstruction,
  escape: EscapeCharacter,
): string {
  const comments = instruction.comments.map((comment) => `# ${comment}\n`).join('');
  return `${comments}${printLine(instruction.text, escape)}\n${bodies(instruction)}`;
}

function printDirectives({ directives }: Dockerfile): string {
  const { syntax, escape, check } = directives;
  return [
    syntax === undefined ? '' : `# syntax=${syntax}\n`,
    escape === '\\' ? '' : `# escape=${escape}\n`,
    check === undefined ? '' : `# check=${check}\n`,
  ].join('');
}

function bodies(instruction: Instruction | FromInstruction): string {
  if (instruction.kind === 'onbuild') {
    const end = instruction.trigger.indexOf('\n');
    return end === -1 ? '' : `${instruction.trigger.slice(end + 1)}\n`;
  }
  if (!('heredocs' in instruction)) return '';
  return instruction.heredocs.map(({ raw, name }) => `${raw}${name}\n`).join('');
}

function printLine(text: string, escape: EscapeCharacter): string {
  const pieces: string[] = [];
  let start = 0;
  while (text.length - start > WRAP_LENGTH) {
    const end = breakPoint(text, start, escape);
    if (end === undefined) break;
    pieces.push(text.slice(start, end));
    start = end;
  }
  const last = text.slice(start);
  // What looks like a continuation was none when the blank after it was there; a form feed is trimmed again.
  pieces.push(cutContinuation(last, escape) === undefined ? last : `${last}\f`);
  return pieces.join(`${escape}\n`);
}

/** Where a line can be continued so that joining it gives the same text: near WRAP_LENGTH, before it if possible. */
function breakPoint(text: string, start: number, escape: EscapeCharacter): number | undefined {
  for (let end = start + WRAP_LENGTH; end > start; end--) if (canBreak(text, end, escape)) return end;
  for (let end = start + WRAP_LENGTH + 1; end < text.length; end++)
    if (canBreak(text, end, escape)) return end;
  return undefined;
}

function canBreak(text: string, end: number, escape: EscapeCharacter): boolean {
  const before = text.charAt(end - 1);
  const after = text.charAt(end);
  // A continued line may begin with blanks, but not with `#`: asking for a character that is neither is enough.
  return before !== escape && after !== '#' && !isSpace(after) && !isLowSurrogate(after);
}

function isLowSurrogate(character: string): boolean {
  return character >= '\uDC00' && character <= '\uDFFF';
}
