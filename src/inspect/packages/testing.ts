/** Trees of a few files, and the packages found in them, for tests. */
import { bytesOf, file, link, treeOf } from '../../tree/testing.ts';
import { findPackages } from './packages.ts';
import type { PackageList } from './package.ts';

/** Files by path; a value that begins with `-> ` is a symbolic link. Executables end in `*`, which is left out. */
export function packagesIn(files: Readonly<Record<string, string | Uint8Array>>): Promise<PackageList> {
  const entries = Object.entries(files).map(([name, content]) => {
    if (typeof content === 'string' && content.startsWith('-> ')) return link(name, content.slice(3));
    return name.endsWith('*') ? file(name.slice(0, -1), content, { mode: 0o755 }) : file(name, content);
  });
  return findPackages({ tree: treeOf(...entries), open: bytesOf });
}
