/** Entries that hooks make: root's, with the time that the composition has. */
import type { DirectoryEntry, FileEntry, SymlinkEntry } from '../../tree/entry.ts';

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const ROOT: Owner = { uid: 0, gid: 0 };

export function fileEntry(
  path: string,
  content: string | Uint8Array,
  mtime: number,
  mode = 0o644,
): FileEntry {
  const bytes = Buffer.from(content);
  return {
    type: 'file',
    path,
    mode,
    ...ROOT,
    mtime,
    size: bytes.length,
    content: { kind: 'inline', bytes },
  };
}

export function directoryEntry(path: string, mtime: number, mode = 0o755, owner = ROOT): DirectoryEntry {
  return { type: 'directory', path, mode, ...owner, mtime };
}

export function linkEntry(path: string, target: string, mtime: number): SymlinkEntry {
  return { type: 'symlink', path, mode: 0o777, ...ROOT, mtime, target };
}
