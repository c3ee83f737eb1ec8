/** Small text files of a tree, such as /etc/passwd, with links followed inside the tree. */
import { collect } from '../../codec/stream.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { Tree } from '../../tree/tree.ts';
import { resolvePath } from '../../tree/tree.ts';
import type { Session } from './session.ts';

/** No list of users is larger; a larger file is not read. */
const MAX_BYTES = 16 * 1024 * 1024;

export async function readText(
  session: Pick<Session, 'open'>,
  tree: Tree,
  path: string,
): Promise<string | undefined> {
  const node = tree.get(resolvePath(tree, path));
  if (node?.type !== 'file' || node.size > MAX_BYTES) return undefined;
  return (await readFile(session, node)).toString('utf8');
}

/** A file's bytes, for files known to be small. */
export async function readFile(session: Pick<Session, 'open'>, file: FileEntry): Promise<Buffer> {
  const content = session.open(file);
  return content instanceof Uint8Array ? Buffer.from(content) : collect(content);
}
