/**
 * The merged /usr (Debian Policy 10.1, https://wiki.debian.org/UsrMerge): `/bin`, `/sbin` and `/lib*` are links into
 * `/usr`. Packages may still ship paths below the links, and older ones ship the links as directories; in an image,
 * a directory that a layer puts in the place of a link hides everything behind it. So every path is rewritten before
 * packages are put together.
 */
import type { Entry, SymlinkEntry } from '../../tree/entry.ts';

/** Debian keeps `/usr/sbin` apart from `/usr/bin`. */
const LINKS: ReadonlyMap<string, string> = new Map(
  ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].map((name) => [name, `usr/${name}`]),
);

/** Where a path ends up: `lib/x.so` is `usr/lib/x.so`. */
export function mergedPath(path: string): string {
  const slash = path.indexOf('/');
  const target = LINKS.get(slash < 0 ? path : path.slice(0, slash));
  if (target === undefined) return path;
  return slash < 0 ? target : target + path.slice(slash);
}

/** An entry that is one of the links, at the place where it belongs: it stays as it is. */
export function isUsrLink(entry: Entry): boolean {
  const target = LINKS.get(entry.path);
  return target !== undefined && entry.type === 'symlink' && entry.target.replace(/^\/|\/$/g, '') === target;
}

/** The links that lead to what these packages have below `/usr`, in the form that Debian's own packages have. */
export function usrLinks(roots: ReadonlySet<string>, mtime: number): readonly SymlinkEntry[] {
  return [...LINKS]
    .filter(([name]) => roots.has(name))
    .map(([path, target]) => ({ type: 'symlink', path, target, mode: 0o777, uid: 0, gid: 0, mtime }));
}
