/**
 * Records of packages, and executables that none of them names: what a scanner for vulnerabilities can see of an image.
 * Nothing here counts for the score (score.ts says why); an image that has fewer records than the one it is compared
 * with, and the same software, is told of.
 */
import type { FileEntry, Node } from '../tree/entry.ts';
import type { Records } from './types.ts';

const LIST = /^var\/lib\/dpkg\/info\/[^/]+\.list$/;
const STATUS_D = /^var\/lib\/dpkg\/status\.d\/[^/]+$/;
const APK = /^(?:usr\/)?lib\/apk\/db\/installed$/;
const RPM = /^(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\/(?:rpmdb\.sqlite|Packages(?:\.db)?)$/;
const MAX_LIST_BYTES = 8 * 1024 * 1024;

/** Whether the content of a file is wanted, by its path; of lists of files only small ones. */
export function isRecord({ path, size }: FileEntry): boolean {
  return (
    size <= MAX_LIST_BYTES &&
    (LIST.test(path) || STATUS_D.test(path) || APK.test(path) || path === 'var/lib/dpkg/status')
  );
}

export function recordsOf(
  nodes: readonly Node[],
  executables: readonly FileEntry[],
  text: (entry: FileEntry) => string,
): Records {
  const left = new Set(executables.map(({ path }) => path));
  const total = left.size;
  const packages: Record<string, number> = {};
  const count = (name: string, more: number): void => {
    if (more > 0) packages[name] = (packages[name] ?? 0) + more;
  };
  /** Lists name paths as they were before /bin and /lib became links. */
  const own = (path: string): void => {
    if (!left.delete(path)) left.delete(`usr/${path}`);
  };
  let folder = '';
  for (const node of nodes) {
    if (node.type !== 'file') continue;
    const { path } = node;
    if (LIST.test(path)) for (const line of text(node).split('\n')) own(line.slice(1));
    else if (STATUS_D.test(path)) {
      if (!path.endsWith('.md5sums')) count('dpkg', 1);
      else for (const line of text(node).split('\n')) own(line.slice(34));
    } else if (path === 'var/lib/dpkg/status')
      count('dpkg', text(node).match(/^Status: \S+ \S+ (?:installed|triggers-\S+)$/gm)?.length ?? 0);
    else if (APK.test(path)) {
      for (const line of text(node).split('\n')) {
        if (line.startsWith('P:')) count('apk', 1);
        else if (line.startsWith('F:')) folder = line.slice(2);
        else if (line.startsWith('R:')) own(folder === '' ? line.slice(2) : `${folder}/${line.slice(2)}`);
      }
    } else if (RPM.test(path)) {
      count('rpm', 1);
      // Its database is not read; what is in the system's directories is taken to be in it.
      for (const each of left) if (/^usr\/(?!local\/)/.test(each)) left.delete(each);
    }
  }
  return { packages, executables: total, unowned: left.size };
}
