/**
 * Which files of an image are its distribution's, so that what is left is the application: by the databases of dpkg
 * (also in the form of distroless images) and apk. RPM's is not read; there whatever is in the system's folders counts
 * as the distribution's.
 */
import type { OpenContent } from '../../tree/pack.ts';
import { resolvePath, type Tree } from '../../tree/tree.ts';
import { readWhole } from './read.ts';

const MAX_LIST_BYTES = 64 * 1024 * 1024;
const SYSTEM = /^(?:usr\/(?!local\/)|s?bin\/|lib[^/]*\/)/;
const RPM = ['var/lib/rpm', 'usr/lib/sysimage/rpm'];

/** Undefined where no distribution is found: everything is the application's then. */
export async function distributionFiles(
  tree: Tree,
  open: OpenContent,
): Promise<((path: string) => boolean) | undefined> {
  const owned = new Set<string>();
  const read = async (path: string): Promise<readonly string[]> => {
    const file = tree.get(path);
    if (file?.type !== 'file' || file.size > MAX_LIST_BYTES) return [];
    return (await readWhole(open, file)).toString('utf8').split('\n');
  };
  const add = (path: string): void => {
    // Lists name paths as they were before /bin and /lib became links.
    owned.add(resolvePath(tree, path.replace(/^\.?\/+/, ''), 'parents'));
  };
  for (const name of tree.list('var/lib/dpkg/info')) {
    if (name.endsWith('.list')) for (const line of await read(`var/lib/dpkg/info/${name}`)) add(line);
  }
  for (const name of tree.list('var/lib/dpkg/status.d')) {
    if (!name.endsWith('.md5sums')) continue;
    for (const line of await read(`var/lib/dpkg/status.d/${name}`)) add(line.slice(34));
  }
  let folder = '';
  for (const line of await read('lib/apk/db/installed')) {
    if (line.startsWith('F:')) folder = line.slice(2);
    else if (line.startsWith('R:')) add(`${folder}/${line.slice(2)}`);
  }
  if (owned.size > 0) return (path) => owned.has(path) || MADE.test(path);
  return RPM.some((path) => tree.get(path)) ? (path) => SYSTEM.test(path) : undefined;
}

/** What packages make when they are configured, which their lists do not have. */
const MADE =
  /^(?:var\/cache\/|etc\/|usr\/lib\/python3\/|usr\/share\/|usr\/lib\/[^/]+\/(?:gconv|gio|gdk-pixbuf)[^/]*\/)|\/__pycache__\//;
