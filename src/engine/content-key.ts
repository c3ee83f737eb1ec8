/**
 * Content keys: one digest for what COPY or ADD takes from a tree. Names below the source, types, modes, owners, link
 * targets, extended attributes and contents count; times do not, nor the name of a copied directory itself, so that a
 * fresh checkout or a moved folder finds the same cache entries (BuildKit: cache/contenthash).
 */
import { createHash } from 'node:crypto';
import type { FileEntry, Node } from '../tree/entry.ts';
import { baseName } from '../tree/path.ts';
import { contentsOf } from '../tree/select.ts';
import type { Selection, Taken } from '../tree/select.ts';
import { resolvePath } from '../tree/tree.ts';
import type { Tree } from '../tree/tree.ts';

/** sha256 of a regular file of the tree. */
export type DigestOf = (file: FileEntry) => string | Promise<string>;

/** Told of every file and link, with what gives a text that differs where these do. */
export type OnFile = (path: string, describe: () => string) => void;

/** The hash is fed in pieces of about this size: handing it each field by itself takes longer than hashing. */
const PIECE_LENGTH = 64 * 1024;

/**
 * @param paths What the sources name, in order: see `sourcePaths` of tree/copy.
 * @param selection What of directories is taken; everything without it.
 */
export async function contentKey(
  tree: Tree,
  paths: readonly string[],
  digestOf: DigestOf,
  selection?: Selection,
  onFile?: OnFile,
): Promise<string> {
  const hash = createHash('sha256');
  let text = '';
  for (const taken of takenOf(tree, paths, selection)) {
    if (taken === END) text += fields(END);
    else {
      const { node, path, isWay } = taken;
      const found = node.type === 'file' ? digestOf(node) : '';
      const digest = typeof found === 'string' ? found : await found;
      text += (isWay ? fields('way') : '') + nodeFields(node, path, digest);
      if (node.type === 'file') onFile?.(path, () => `${digest.slice(0, SHORT_DIGEST)} ${octal(node)}`);
      if (node.type === 'symlink') onFile?.(path, () => `a link to ${node.target}`);
    }
    if (text.length < PIECE_LENGTH) continue;
    hash.update(text);
    text = '';
  }
  return `sha256:${hash.update(text).digest('hex')}`;
}

const END = 'end of source';

function* takenOf(
  tree: Tree,
  paths: readonly string[],
  selection: Selection | undefined,
): Generator<Taken | typeof END> {
  for (const path of paths) {
    const node = tree.get(resolvePath(tree, path)) as Node;
    if (node.type === 'directory') yield* contentsOf(tree, node.path, selection);
    else yield { node, path: baseName(path), isWay: false };
    yield END;
  }
}

function nodeFields(node: Node, path: string, digest: string): string {
  let text = fields(node.type, path, node.uid, node.gid);
  if (node.type !== 'symlink') text += fields(node.mode);
  if (node.type === 'file') text += fields(node.size, digest);
  if (node.type === 'symlink') text += fields(node.target);
  if (node.type === 'char' || node.type === 'block') text += fields(node.major, node.minor);
  for (const name of Object.keys(node.xattrs ?? {}).sort())
    text += fields(name, Buffer.from(node.xattrs?.[name] ?? []).toString('hex'));
  return text;
}

/** `sha256:` and enough to tell two files apart. */
const SHORT_DIGEST = 19;

function octal({ mode, uid, gid }: Node): string {
  return `${mode.toString(8).padStart(4, '0')} ${uid}:${gid}`;
}

/** Lengths stand before values: no two lists of fields give the same bytes. */
function fields(...values: readonly (string | number)[]): string {
  let texts = '';
  for (const value of values) {
    const text = String(value);
    texts += `${text.length}:${text};`;
  }
  return texts;
}

/** A digest over any definition, for cache keys: JSON of values whose order is fixed by the caller. */
export function keyOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
