/**
 * What two trees differ in, path by path. Times do not count: what is made anew has another time and is the same.
 * Contents are read only where two files of one size are not known to be the same bytes already.
 */
import { createHash } from 'node:crypto';
import type { Content, FileEntry, Node } from './entry.ts';
import type { OpenContent } from './pack.ts';
import { type Tree, walk } from './tree.ts';

export type Aspect = 'type' | 'mode' | 'owner' | 'content' | 'target' | 'device' | 'attributes';

export interface Difference {
  readonly path: string;
  readonly before?: Node;
  readonly after?: Node;
  /** What differs of a path that both have; of one of another type nothing further is told. */
  readonly aspects: readonly Aspect[];
}

export interface Compared {
  readonly tree: Tree;
  readonly open: OpenContent;
}

/** Sorted by path. Throws what opening contents throws. */
export async function compareTrees(
  before: Compared,
  after: Compared,
  signal?: AbortSignal,
): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (const node of walk(before.tree)) {
    signal?.throwIfAborted();
    const other = after.tree.get(node.path);
    if (!other) {
      differences.push({ path: node.path, before: node, aspects: [] });
      continue;
    }
    const aspects = aspectsOf(node, other);
    if (node.type === 'file' && other.type === 'file' && !(await isSameFile(before, node, after, other)))
      aspects.push('content');
    if (aspects.length > 0) differences.push({ path: node.path, before: node, after: other, aspects });
  }
  for (const node of walk(after.tree)) {
    if (!before.tree.get(node.path)) differences.push({ path: node.path, after: node, aspects: [] });
  }
  return differences.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** All but contents. */
function aspectsOf(a: Node, b: Node): Aspect[] {
  if (a.type !== b.type) return ['type'];
  const aspects: Aspect[] = [];
  // Nobody asks for the mode of a link.
  if (a.mode !== b.mode && a.type !== 'symlink') aspects.push('mode');
  if (a.uid !== b.uid || a.gid !== b.gid) aspects.push('owner');
  if (a.type === 'symlink' && b.type === 'symlink' && a.target !== b.target) aspects.push('target');
  if ('major' in a && 'major' in b && (a.major !== b.major || a.minor !== b.minor)) aspects.push('device');
  if (!hasSameAttributes(a, b)) aspects.push('attributes');
  return aspects;
}

function hasSameAttributes({ xattrs: a = {} }: Node, { xattrs: b = {} }: Node): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => {
    const [one, other] = [a[name], b[name]];
    return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0;
  });
}

async function isSameFile(before: Compared, a: FileEntry, after: Compared, b: FileEntry): Promise<boolean> {
  if (a.size !== b.size) return false;
  if (a.digest !== undefined && b.digest !== undefined) return a.digest === b.digest;
  if (isSamePlace(a.content, b.content)) return true;
  return (await hashOf(before.open, a)) === (await hashOf(after.open, b));
}

function isSamePlace(a: Content, b: Content): boolean {
  if (a.kind === 'blob' && b.kind === 'blob') return a.blob === b.blob && a.offset === b.offset;
  return a.kind === 'file' && b.kind === 'file' && a.path === b.path && a.offset === b.offset;
}

async function hashOf(open: OpenContent, file: FileEntry): Promise<string> {
  const content = open(file);
  const hash = createHash('sha256');
  if (content instanceof Uint8Array) hash.update(content);
  else for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}
