/** What modes, owners and attributes of files give away. */
import { fileCapabilities } from '../capabilities.ts';
import { isExecutable } from '../programs/find.ts';
import type { Finding } from '../types.ts';
import type { AuditUser } from '../user.ts';
import type { Node } from '../../tree/entry.ts';
import { parentOf } from '../../tree/path.ts';
import { found } from './found.ts';

/** A container has its own of these mounted over what the image has. */
const MOUNTED_OVER = /^(?:dev|proc|sys)(?:\/|$)/;

/** @param folders Directories of programs, links in their names followed. */
export function fileFindings(
  nodes: readonly Node[],
  user: AuditUser,
  folders: ReadonlySet<string>,
  program: string | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  const links = new Set<string>();
  for (const node of nodes) {
    if (node.type === 'symlink' || MOUNTED_OVER.test(node.path)) continue;
    // Hard links are one file.
    if (node.type === 'file' && node.link !== undefined) {
      if (links.has(node.link)) continue;
      links.add(node.link);
    }
    findings.push(...ofPrivileges(node), ...ofEveryone(node));
    const mayChange = user.mayChange(node) && (node.mode & 0o002) === 0;
    if (!mayChange) continue;
    const { path } = node;
    if (node.type === 'directory' && folders.has(path))
      findings.push(found('writable-path', `/${path}`, { path }));
    else if (isExecutable(node) && (path === program || folders.has(parentOf(path))))
      findings.push(found('writable-program', `/${path}`, { path }));
  }
  return findings;
}

function ofPrivileges(node: Node): readonly Finding[] {
  if (node.type !== 'file') return [];
  const { path, mode, uid, gid, xattrs } = node;
  const findings: Finding[] = [];
  if ((mode & 0o4000) !== 0 && (mode & 0o111) !== 0)
    findings.push(found('setuid', `/${path} runs as user ${uid}`, { path }));
  if ((mode & 0o2000) !== 0 && (mode & 0o010) !== 0)
    findings.push(found('setgid', `/${path} runs as group ${gid}`, { path }));
  const value = xattrs?.['security.capability'];
  const capabilities = value && fileCapabilities(value);
  if (capabilities !== undefined)
    findings.push(found('file-capability', `/${path} has ${capabilities}`, { path }));
  return findings;
}

function ofEveryone(node: Node): readonly Finding[] {
  if ((node.mode & 0o002) === 0) return [];
  const { path } = node;
  const shown = `/${path}`;
  if (node.type === 'directory') {
    const rule = (node.mode & 0o1000) === 0 ? 'world-writable-directory' : 'temporary-directory';
    return [found(rule, shown, { path })];
  }
  if (node.type !== 'file') return [];
  return [found(isExecutable(node) ? 'world-writable-program' : 'world-writable-file', shown, { path })];
}
