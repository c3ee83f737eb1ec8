/** Small text files of a tree, such as /etc/passwd, with links followed inside the tree. */
import { collect } from '../../codec/stream.ts';
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
  const content = session.open(node);
  if (content instanceof Uint8Array) return Buffer.from(content).toString('utf8');
  return (await collect(content)).toString('utf8');
}
