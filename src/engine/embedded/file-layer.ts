/** Carrying out COPY, ADD and WORKDIR: a new layer computed from trees, with no byte of content moved. */
import { matchGlob } from '../../dockerfile/glob.ts';
import { parseChmod } from '../../plan/chmod.ts';
import type { CopyAction, FileOperation, MakeDirectoryAction } from '../../plan/operation.ts';
import { layerOver } from '../../tree/builder.ts';
import { copy, sourcePaths } from '../../tree/copy.ts';
import type { CopySource } from '../../tree/copy.ts';
import type { Layer } from '../../tree/entry.ts';
import { cleanPath } from '../../tree/path.ts';
import type { Tree } from '../../tree/tree.ts';
import { resolvePath } from '../../tree/tree.ts';
import { fileTree } from '../remote/file-tree.ts';
import { archiveLayer } from './archive.ts';
import { copyNotices, tellNotices } from './copy-notices.ts';
import type { Made } from './cached-layer.ts';
import { sizeOf } from '../../tree/size.ts';
import { findOwner } from './owner.ts';
import type { Session } from './session.ts';

/** @param treeOf The tree that a source of the action comes from. */
export async function changeFiles(
  session: Session,
  operation: FileOperation,
  target: Tree,
  sources: readonly CopySource[],
): Promise<Made> {
  const { action } = operation;
  const notices: string[] = [];
  const tell = (message: string): void => void notices.push(message);
  const layer =
    action.type === 'mkdir'
      ? await makeDirectory(session, action, target, tell)
      : await copyFiles(session, action, target, sources, tell);
  if (action.type === 'copy') notices.push(...copyNotices(action, sources, layer));
  tellNotices(session.emit, operation, notices);
  return { layer, size: sizeOf(layer) };
}

async function makeDirectory(
  session: Session,
  action: MakeDirectoryAction,
  target: Tree,
  tell: (message: string) => void,
): Promise<Layer> {
  const owner =
    action.owner === '' ? { uid: 0, gid: 0 } : await findOwner(session, target, action.owner, tell);
  const builder = layerOver(target);
  builder.makeDirectories(resolvePath(target, action.path), { mode: 0o755, ...owner });
  return builder.finish();
}

async function copyFiles(
  session: Session,
  action: CopyAction,
  target: Tree,
  sources: readonly CopySource[],
  tell: (message: string) => void,
): Promise<Layer> {
  const owner = action.owner === undefined ? undefined : await findOwner(session, target, action.owner, tell);
  const archives = action.unpack ? await findArchives(session, sources) : undefined;
  return copy(sources, target, action.destination, {
    owner,
    chmod: action.chmod === undefined ? undefined : parseChmod(action.chmod),
    matches: matchGlob,
    expand: archives && ((file, { tree }) => archives.get(tree)?.get(file.path)),
    onReplaced: () => {
      const message = `several files are copied to the one name "${action.destination}", and only the last of them stays`;
      tell(`${message}; end it with a slash for a directory`);
    },
  });
}

/** By the tree that they are in, and their path in it. */
async function findArchives(
  session: Session,
  sources: readonly CopySource[],
): Promise<ReadonlyMap<Tree, ReadonlyMap<string, Layer>>> {
  const archives = new Map<Tree, Map<string, Layer>>();
  for (const { tree, ...source } of sources.filter(({ isPacked }) => !isPacked)) {
    for (const path of sourcePaths({ tree, ...source }, matchGlob)) {
      const node = tree.get(resolvePath(tree, path));
      const layer = node?.type === 'file' ? await archiveLayer(session, node) : undefined;
      if (!node || !layer) continue;
      archives.set(tree, (archives.get(tree) ?? new Map<string, Layer>()).set(node.path, layer));
    }
  }
  return archives;
}

/** Text in the Dockerfile as a tree with one file. */
export function inlineTree(name: string, text: string): Tree {
  const path = cleanPath(name);
  const bytes = Buffer.from(text);
  return fileTree({
    type: 'file',
    path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    clock: true,
    size: bytes.length,
    content: { kind: 'inline', bytes },
  });
}
