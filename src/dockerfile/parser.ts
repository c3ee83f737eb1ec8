/**
 * From the text of a Dockerfile to its syntax tree: directives, comments, continuations, heredocs. What the
 * instructions mean is decided afterwards, in `instructions.ts`.
 */

import { parseArguments, splitInstruction } from './arguments.ts';
import type { EscapeCharacter, SyntaxNode, SyntaxTree, SyntaxWarning } from './ast.ts';
import { createDirectiveScanner } from './directives.ts';
import { placeOf, syntaxError, within, type SourceText } from './failure.ts';
import { findHeredocs, readHeredoc } from './heredocs.ts';
import { commentText, createLineReader, isComment, joinContinuations, trimNewline } from './lines.ts';
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
  const nextLine = (): string | undefined => {
    const number = reader.number + 1;
    return within(text, { start: number, end: number }, () => reader.next());
  };

  for (let raw = nextLine(); raw !== undefined; raw = nextLine()) {
    const line = trimStart(trimNewline(raw));
    const start = reader.number;
    const isDirective = within(text, { start, end: start }, () => directives.accept(line));
    if (isDirective || line === '') continue;
    if (isComment(line)) {
      const comment = trimSpace(commentText(line));
      if (comment === '') comments = [];
      else comments.push(comment);
      continue;
    }
    const { escape } = directives.directives;
    const here = (): { start: number; end: number } => ({ start, end: Math.max(start, reader.number) });
    try {
      const joined = joinContinuations(line, reader, escape);
      if (joined.hasEmptyContinuation) {
        warnings.push({
          line: reader.number,
          message: 'Empty continuation line',
          rule: 'NoEmptyContinuation',
        });
      }
      const node = parseNode(joined.text, escape, comments);
      const heredocs = takesHeredocs(node)
        ? findHeredocs(joined.text).map((mark) => readHeredoc(mark, reader))
        : [];
      nodes.push({ ...node, heredocs, lines: here() });
    } catch (error) {
      within(text, here(), () => {
        throw error;
      });
    }
    comments = [];
  }
  if (nodes.length === 0) {
    throw syntaxError('file with no instructions').at(placeOf(text, lastLine(reader.number)));
  }
  return { directives: directives.directives, nodes, warnings };
}

function parseNode(line: string, escape: EscapeCharacter, comments: readonly string[]): SyntaxNode {
  const { keyword, flags, rest } = splitInstruction(line, escape);
  const node = {
    keyword,
    flags,
    heredocs: [],
    text: trimSpace(line),
    lines: { start: 0, end: 0 },
    comments,
  };
  if (keyword.toLowerCase() !== 'onbuild') {
    return { ...node, ...parseArguments(keyword.toLowerCase(), rest, escape) };
  }
  if (rest === '') return { ...node, args: [], json: false };
  const inner = splitInstruction(rest, escape);
  // A chain of ONBUILDs is refused later; following it here would be work without end.
  const trigger =
    inner.keyword.toLowerCase() === 'onbuild' ? emptyNode(inner.keyword) : parseNode(rest, escape, []);
  return { ...node, args: [rest], json: false, trigger };
}

function emptyNode(keyword: string): SyntaxNode {
  const lines = { start: 0, end: 0 };
  return { keyword, flags: [], args: [], json: false, heredocs: [], text: keyword, lines, comments: [] };
}

function takesHeredocs(node: SyntaxNode): boolean {
  const carrier = node.trigger ?? node;
  return TAKES_HEREDOCS.has(carrier.keyword.toLowerCase()) && !carrier.json && node.text.includes('<<');
}

function lastLine(number: number): { start: number; end: number } {
  return { start: Math.max(1, number), end: Math.max(1, number) };
}
