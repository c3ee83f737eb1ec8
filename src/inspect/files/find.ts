/**
 * `decant find`: files of an image that an expression is true of. The expressions are those of find(1) as far as they ask
 * about what an image knows; `-layer` is ours.
 */
import type { Node } from '../../tree/entry.ts';
import { joinPath } from '../../tree/path.ts';
import { type Expression, parseExpression } from './find-expression.ts';
import { type ImageFiles, locate } from './image-files.ts';

export interface FindRequest {
  /** As the user wrote them; the root where there are none. */
  readonly paths: readonly string[];
  readonly expression: Expression;
}

/** Paths first, then the expression. Throws USAGE. */
export function parseFind(words: readonly string[]): FindRequest {
  const isExpression = (word: string): boolean => /^(?:-.|[!()]$)/s.test(word);
  const found = words.findIndex(isExpression);
  const first = found < 0 ? words.length : found;
  return { paths: words.slice(0, first), expression: parseExpression(words.slice(first)) };
}

/** A directory before what is in it, names in order. Throws PATH_UNKNOWN, USAGE. */
export function* find(files: ImageFiles, { paths, expression }: FindRequest): Generator<Node> {
  const { least, most, test } = expression.prepare(files);
  for (const path of paths.length > 0 ? paths : ['/']) {
    const start = locate(files, path);
    yield* below(files, start, 0, most, (node, depth) => depth >= least && test(node));
  }
}

function* below(
  files: ImageFiles,
  node: Node,
  depth: number,
  most: number,
  wants: (node: Node, depth: number) => boolean,
): Generator<Node> {
  if (wants(node, depth)) yield node;
  if (node.type !== 'directory' || depth >= most) return;
  for (const name of files.tree.list(node.path)) {
    const child = files.tree.get(joinPath(node.path, name));
    if (child) yield* below(files, child, depth + 1, most, wants);
  }
}
