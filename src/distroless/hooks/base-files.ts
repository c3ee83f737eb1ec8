/**
 * Directories that programs rely on, and the links that base-files' postinst makes. What it makes for people who log in
 * (profile, motd, records of logins) and the empty directories of the file system standard (/mnt, /opt, …) are left
 * out, as in the public distroless images.
 */
import type { Entry } from '../../tree/entry.ts';
import { resolvePath } from '../../tree/tree.ts';
import { directoryEntry, linkEntry } from './entries.ts';
import type { Hook } from './hook.ts';

export const directories: Hook = {
  name: 'directories',
  reason: 'every program may write temporary files',
  packages: [],
  apply: ({ tree, time }) =>
    Promise.resolve(
      ['tmp', 'var/tmp']
        .filter((path) => tree.get(resolvePath(tree, path))?.mode !== 0o1777)
        .map((path) => directoryEntry(path, time, 0o1777)),
    ),
};

export const baseFiles: Hook = {
  name: 'base-files',
  reason:
    'base-files ships /var/run and /var/lock as directories and makes links of them when it is configured',
  packages: ['base-files'],
  apply({ tree, time }) {
    const entries: Entry[] = [];
    for (const [path, target] of MOVED) {
      const node = tree.get(path);
      // Something in it would be lost: then it stays, as rmdir would have it.
      if (node?.type === 'symlink' || tree.list(path).length > 0) continue;
      entries.push(linkEntry(path, `/${target}`, time));
    }
    if (!tree.get('run/lock')) entries.push(directoryEntry('run/lock', time, 0o1777));
    return Promise.resolve(entries);
  },
};

const MOVED = [
  ['var/run', 'run'],
  ['var/lock', 'run/lock'],
] as const;
