/** Who the application runs as, and what that user may change. */
import { resolveUser } from '../sandbox/users.ts';
import type { Node } from '../tree/entry.ts';

export interface AuditUser {
  readonly declared: string;
  /** Undefined for a name that the image does not know. */
  readonly uid?: number;
  readonly isRoot: boolean;
  readonly mayChange: (node: Node) => boolean;
}

/**
 * A platform that gives a container a number of its own (OpenShift, runAsUser) gives it the group of root, so that
 * group counts as the user's always.
 */
export function auditUser(
  declared: string,
  passwd: string | undefined,
  group: string | undefined,
): AuditUser {
  const [name = ''] = declared.split(':');
  try {
    const { uid, gid, groups } = resolveUser(declared, passwd, group);
    const all = new Set([0, gid, ...groups]);
    const isRoot = uid === 0 || name === '' || name === 'root';
    return {
      declared,
      uid,
      isRoot,
      mayChange: (node) =>
        !isRoot &&
        node.type !== 'symlink' &&
        // An owner who may not write gives itself the right to.
        (node.uid === uid || (all.has(node.gid) && (node.mode & 0o020) !== 0) || (node.mode & 0o002) !== 0),
    };
  } catch {
    return { declared, isRoot: name === 'root', mayChange: () => false };
  }
}
