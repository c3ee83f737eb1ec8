/**
 * Which files of an image are its distribution's, so that what is left is the application: those that the records of
 * dpkg (also in the form of distroless images), apk and RPM list. Where RPM's cannot be read, whatever is in the
 * system's folders counts as the distribution's.
 */
import type { OpenContent } from '../../tree/pack.ts';
import type { Tree } from '../../tree/tree.ts';
import { findPackages } from '../packages/packages.ts';

const SYSTEM = /^(?:usr\/(?!local\/)|s?bin\/|lib[^/]*\/)/;
const RPM = ['var/lib/rpm', 'usr/lib/sysimage/rpm'];

interface Image {
  readonly tree: Tree;
  readonly open: OpenContent;
  readonly signal?: AbortSignal | undefined;
}

/** Undefined where no distribution is found: everything is the application's then. */
export async function distributionFiles({
  tree,
  open,
  signal,
}: Image): Promise<((path: string) => boolean) | undefined> {
  const { packages } = await findPackages({ tree, open, signal, languages: false, licenses: false });
  const owned = new Set(packages.flatMap(({ files = [] }) => files));
  if (owned.size > 0) return (path) => owned.has(path) || MADE.test(path);
  return RPM.some((path) => tree.get(path)) ? (path) => SYSTEM.test(path) : undefined;
}

/** What packages make when they are configured, which their lists do not have. */
const MADE =
  /^(?:var\/cache\/|etc\/|usr\/lib\/python3\/|usr\/share\/|usr\/lib\/[^/]+\/(?:gconv|gio|gdk-pixbuf)[^/]*\/)|\/__pycache__\//;
