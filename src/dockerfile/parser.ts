/**
 * From the text of a Dockerfile to its syntax tree: directives, comments, continuations, heredocs. What the
 * instructions mean is decided afterwards, in `instructions.ts`.
 */

import { parseArguments, splitInstruction } from './arguments.ts';
import type { EscapeCharacter, SyntaxNode, SyntaxTree, SyntaxWarning } from './ast.ts';
import { createDirectiveScanner } from './directives.ts';
import { placed, placeOf, syntaxError, type SourceText } from './failure.ts';
import { findHeredocs, readHeredoc } from './heredocs.ts';
import { createLineReader, joinContinuations, trimNewline, type LineReader } from './lines.ts';
import { trimSpace, trimStart } from './text.ts';

export const MAX_SOURCE_LENGTH = 8 * 1024 * 1024;

const TAKES_HEREDOCS = new Set(['run', 'copy', 'add']);

/** Parses the whole source or throws DOCKERFILE_SYNTAX with the place. */
export function parseSyntax(text: SourceText): SyntaxTree {
  if (text.source.length > MAX_SOURCE_LENGTH) {
    throw syntaxError(`${text.file} is longer than ${MAX_SOURCE_LENGTH} characters`);
  }
  const reader = createLineReader(text.source);
  const directives = createDirectiveScanner();
  const nodes: SyntaxNode[] = [];
  const warnings: SyntaxWarning[] = [];
  let comments: string[] = [];
  let start = 1;
  try {
    for (let raw = reader.next(); raw !== undefined; start = reader.number + 1, raw = reader.next()) {
      const line = trimStart(trimNewline(raw));
      if (directives.accept(line) || line === '') continue;
      if (line.startsWith('#')) {
        const comment = trimSpace(line.slice(1));
        if (comment === '') comments = [];
        else comments.push(comment);
        continue;
      }
      const joined = joinContinuations(line, reader, directives.escape);
      if (joined.hasEmptyContinuation) {
        warnings.push({
          line: reader.number,
          message: 'Empty continuation line',
          rule: 'NoEmptyContinuation',
        });
      }
      nodes.push(parseNode(joined.text, directives.escape, comments, start, reader));
      comments = [];
    }
  } catch (error) {
    throw placed(error, placeOf(text, { start, end: Math.max(start, reader.number) }));
  }
  if (nodes.length === 0) {
    const line = Math.max(1, reader.number);
    throw syntaxError('file with no instructions', 'begin with FROM').at(
      placeOf(text, { start: line, end: line }),
    );
  }
  return { directives: directives.directives, nodes, warnings };
}

/** The node of a joined line that began at line `start`; the bodies of its heredocs are read on. */
function parseNode(
  line: string,
  escape: EscapeCharacter,
  comments: readonly string[],
  start: number,
  reader: LineReader,
): SyntaxNode {
  const text = trimSpace(line);
  const { keyword, flags, rest } = splitInstruction(text, escape);
  const name = keyword.toLowerCase();
  const trigger = name === 'onbuild' && rest !== '' ? parseTriggerNode(rest, escape) : undefined;
  const { args, json } = trigger ? { args: [rest], json: false } : parseArguments(name, rest, escape);
  const carrier = trigger?.keyword.toLowerCase() ?? name;
  const mayHaveHeredocs =
    TAKES_HEREDOCS.has(carrier) && !(trigger?.json ?? json) && text.includes('<<', keyword.length);
  const heredocs = mayHaveHeredocs ? findHeredocs(line).map((mark) => readHeredoc(mark, reader)) : [];
  const lines = { start, end: reader.number };
  const node = { keyword, flags, args, json, heredocs, text, lines, comments };
  return trigger ? Object.assign(node, { trigger }) : node;
}

function parseTriggerNode(text: string, escape: EscapeCharacter): SyntaxNode {
  const { keyword, flags, rest } = splitInstruction(text, escape);
  // A chain of ONBUILDs is refused later, so `parseArguments` does not follow it: that could be work without end.
  const { args, json } = parseArguments(keyword.toLowerCase(), rest, escape);
  return { keyword, flags, args, json, heredocs: [], text, lines: { start: 0, end: 0 }, comments: [] };
}
