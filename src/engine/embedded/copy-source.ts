/** Where COPY takes things from: the tree of a source, and what identifies what is taken. */
import { matchGlob } from '../../dockerfile/glob.ts';
import type { CopyFrom, Operation } from '../../plan/operation.ts';
import { sourcePaths } from '../../tree/copy.ts';
import type { CopySource } from '../../tree/copy.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { Tree } from '../../tree/tree.ts';
import { contentKey, keyOf } from '../content-key.ts';
import { digestOfFile } from '../../store/contents.ts';
import { inlineTree } from './file-layer.ts';
import { treeOf } from './layer-handle.ts';
import { once } from './memo.ts';
import { withReason } from './missing-source.ts';
import { selectionOf } from './selection.ts';
import type { Session } from './session.ts';
import type { StateOf } from './state.ts';

export interface SourceKey {
  /** What is taken, for explanations. */
  readonly label: string;
  /** What it is by definition, where its content would have to be made first. */
  readonly definition?: readonly string[];
  readonly content: () => Promise<string>;
}

export async function sourceKey(
  session: Session,
  from: CopyFrom,
  exclude: readonly string[],
  stateOf: StateOf,
): Promise<SourceKey> {
  if (from.type === 'inline')
    return { label: `<<${from.name}`, content: () => Promise.resolve(keyOf('inline', from.name, from.text)) };
  const content = once(async () => {
    const source = await openSource(session, from, exclude, stateOf);
    const paths = pathsIn(session, source, from);
    const files = session.inputs.files();
    const digests = digestsFor(session, from.from);
    const found = await contentKey(source.tree, paths, digests, source.selection, files.add);
    files.keep(found);
    if (!from.isPacked && !hasOwnTimes(from.from)) return found;
    const key = keyOf(found, from.isPacked ?? false, await stateOf(from.from).key());
    files.keep(key);
    return key;
  });
  if (from.from.kind === 'source' && from.from.source.type === 'context')
    return { label: from.pattern, content };
  return {
    label: from.pattern,
    definition: [
      await stateOf(from.from).key(),
      from.pattern,
      from.below ?? '',
      String(from.isPacked ?? false),
    ],
    content,
  };
}

/** Times that come from a server are in the layer, but not in what a content key looks at. */
function hasOwnTimes(operation: Operation): boolean {
  if (operation.kind !== 'source') return false;
  const { source } = operation;
  return source.type === 'http' || (source.type === 'git' && source.reference.commitTimes === true);
}

/** As `sourcePaths`, with a reason where a source is not there. */
function pathsIn(
  session: Session,
  source: CopySource,
  from: CopyFrom & { readonly type: 'path' },
): readonly string[] {
  try {
    return sourcePaths(source, matchGlob);
  } catch (error) {
    const { from: operation } = from;
    const isLeftOut = (path: string): boolean =>
      operation.kind === 'source' &&
      operation.source.type === 'context' &&
      session.context(operation.source.name).isLeftOut(path);
    throw withReason(error, source, isLeftOut);
  }
}

export function digestsFor(
  session: Session,
  operation: Operation,
): (file: FileEntry) => string | Promise<string> {
  if (operation.kind === 'source' && operation.source.type === 'context') {
    return session.context(operation.source.name).digestOf;
  }
  return (file) => file.digest ?? digestOfFile(session.open, file);
}

export async function openSource(
  session: Session,
  from: CopyFrom,
  exclude: readonly string[],
  stateOf: StateOf,
): Promise<CopySource> {
  if (from.type === 'inline') return { tree: inlineTree(from.name, from.text), pattern: from.name };
  const tree = await openTree(session, from.from, stateOf);
  return { tree, pattern: from.pattern, isPacked: from.isPacked, ...selectionOf(from.below, exclude) };
}

async function openTree(session: Session, operation: Operation, stateOf: StateOf): Promise<Tree> {
  if (operation.kind === 'source' && operation.source.type === 'context')
    return session.context(operation.source.name).tree;
  if (operation.kind === 'source' && (operation.source.type === 'git' || operation.source.type === 'http'))
    return session.remote(operation.source).tree();
  return treeOf(await stateOf(operation).layers());
}
