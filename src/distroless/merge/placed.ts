/**
 * Packages side by side: every entry at the path where it ends up, with the package that it is from. Links to
 * directories are followed, as dpkg does when it unpacks one package into what another one left: a package that ships
 * something below a path that is another package's link to a directory puts it where the link leads.
 */
import type { Deb } from '../../debian/deb/deb.ts';
import { DecantError } from '../../errors.ts';
import type { Node } from '../../tree/entry.ts';
import { ancestors, cleanPath, parentOf } from '../../tree/path.ts';
import type { MergeNote } from './note.ts';
import { isUsrLink, mergedPath } from './usr-merge.ts';

export interface Placed {
  readonly deb: Deb;
  /** The path as the package has it. */
  readonly from: string;
  /** At the path where it ends up. */
  readonly entry: Node;
}

/** Links that one path may lead through, as in the kernel. */
const MAX_LINKS = 40;

/** @throws DecantError FILE_CONFLICT where links lead in a circle */
export function place(
  debs: readonly Deb[],
  mergedUsr: boolean,
  note: (note: MergeNote) => void,
): readonly Placed[] {
  const placed = debs.flatMap((deb) =>
    deb.layer.entries.flatMap((entry): Placed[] => {
      // The root is the image's, not a package's.
      if (entry.type === 'whiteout' || entry.path === '') return [];
      const path = mergedUsr && !isUsrLink(entry) ? mergedPath(entry.path) : entry.path;
      return [{ deb, from: entry.path, entry: path === entry.path ? entry : { ...entry, path } }];
    }),
  );
  const links = new Map<string, string>();
  for (const { entry } of placed) {
    // Paths below the links of /usr have been rewritten already.
    if (entry.type !== 'symlink' || (mergedUsr && isUsrLink(entry))) continue;
    links.set(entry.path, linkTarget(entry.path, entry.target));
  }
  const merged = mergedUsr ? mergedPath : (path: string) => path;
  const through = linksAbove(links);
  return placed.map((one) => follow(one, links, through, merged, note));
}

/** Where a link leads, in tree form. */
export function linkTarget(path: string, target: string): string {
  return cleanPath(target, parentOf(path));
}

function follow(
  placed: Placed,
  links: ReadonlyMap<string, string>,
  throughOf: (path: string) => string | undefined,
  merged: (path: string) => string,
  note: (note: MergeNote) => void,
): Placed {
  let { path } = placed.entry;
  for (let count = 0; ; count += 1) {
    const through = throughOf(path);
    if (through === undefined) break;
    if (count === MAX_LINKS) {
      throw new DecantError(
        'FILE_CONFLICT',
        `"/${placed.entry.path}" of the package "${placed.deb.name}" leads through links in a circle`,
      );
    }
    path = merged((links.get(through) ?? '') + path.slice(through.length));
  }
  if (path === placed.entry.path) return placed;
  note({
    kind: 'link',
    path: placed.entry.path,
    packages: [placed.deb.name],
    message: `"/${placed.entry.path}" of "${placed.deb.name}" is put at "/${path}", where another package's link leads`,
  });
  return { ...placed, entry: { ...placed.entry, path } };
}

/** The first link that a path leads through, if any: that of its directory, which it has in common with others. */
function linksAbove(links: ReadonlyMap<string, string>): (path: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (path) => {
    const directory = parentOf(path);
    if (!known.has(directory)) known.set(directory, firstLink(path, links));
    return known.get(directory);
  };
}

function firstLink(path: string, links: ReadonlyMap<string, string>): string | undefined {
  for (const above of ancestors(path)) if (links.has(above)) return above;
  return undefined;
}
