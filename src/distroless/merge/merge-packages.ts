/**
 * Many packages as one layer: paths normalised for a merged /usr, conflicts settled as dpkg would, what the recipe does
 * not want left out, and the files added that tell scanners which packages there are. No script is run.
 */
import type { Deb } from '../../debian/deb/deb.ts';
import { DecantError } from '../../errors.ts';
import type { Layer, Node } from '../../tree/entry.ts';
import { makeLayer } from '../../tree/layer.ts';
import { ancestors, joinPath, parentOf } from '../../tree/path.ts';
import { resolvePath, stack } from '../../tree/tree.ts';
import { conflict, diverts, settle } from './conflicts.ts';
import { isLegal, leavesOut } from './leave-out.ts';
import type { MergeNote } from './note.ts';
import { linkTarget, place, type Placed } from './placed.ts';
import { statusFiles } from './status-d.ts';
import { mergedPath, usrLinks } from './usr-merge.ts';

export interface MergeOptions {
  /** Patterns of what not to take (leave-out.ts). */
  readonly leaveOut?: readonly string[];
  /** Whether `/bin`, `/sbin` and `/lib*` are links into `/usr`, as in Debian since 12. True unless told. */
  readonly mergedUsr?: boolean;
  /** Whether to add `/var/lib/dpkg/status.d`. True unless told. */
  readonly statusFiles?: boolean;
  /** The time of what is made here, in seconds since 1970; that of the newest file of all packages unless told. */
  readonly time?: number;
}

export interface Merged {
  readonly layer: Layer;
  /** The package that each path is from, by its name; directories belong to nobody. */
  readonly owners: ReadonlyMap<string, string>;
  readonly notes: readonly MergeNote[];
  /** The time of what was made here. */
  readonly time: number;
}

/**
 * The same packages give the same layer, in whatever order they come. Directories are those of base-files where it
 * has them, else of the package whose name sorts first; their times are the latest of all.
 *
 * @throws DecantError FILE_CONFLICT, USAGE for a pattern that is none
 */
export function mergePackages(debs: readonly Deb[], options: MergeOptions = {}): Merged {
  return mergePlaced(placePackages(debs, options), options);
}

/** Packages side by side: what those have in common who merge them in more than one way. */
export interface PlacedPackages {
  readonly sorted: readonly Deb[];
  readonly placed: readonly Placed[];
  readonly mergedUsr: boolean;
  /** What the packages have in the root. */
  readonly roots: ReadonlySet<string>;
  readonly notes: readonly MergeNote[];
}

/** Throws what `mergePackages` throws. */
export function placePackages(
  debs: readonly Deb[],
  { mergedUsr = true }: Pick<MergeOptions, 'mergedUsr'> = {},
): PlacedPackages {
  const notes: MergeNote[] = [];
  const sorted = inOrder(debs);
  const placed = place(sorted, mergedUsr, (note) => void notes.push(note));
  const roots = new Set<string>();
  for (const { from } of placed) roots.add(rootOf(from));
  return { sorted, placed, mergedUsr, roots, notes };
}

function rootOf(path: string): string {
  const slash = path.indexOf('/');
  return slash < 0 ? path : path.slice(0, slash);
}

/** The second half of `mergePackages`, which throws what this does. */
export function mergePlaced(packages: PlacedPackages, options: Omit<MergeOptions, 'mergedUsr'> = {}): Merged {
  const { sorted, placed, mergedUsr } = packages;
  const { leaveOut = [] } = options;
  const notes = [...packages.notes];
  const note = (one: MergeNote): void => void notes.push(one);
  const time = options.time ?? placed.reduce((newest, { entry }) => Math.max(newest, entry.mtime), 0);
  const taken = new Map<string, Placed>();
  for (const [path, claims] of groups(selected(placed, leaveOut))) taken.set(path, settle(claims, note));
  const kept = [...taken.values()];
  const nodes = withDirectories(taken, placed, time, note);
  if (mergedUsr) {
    const shipped = new Set(nodes.map(({ path }) => path));
    const links = usrLinks(packages.roots, time);
    nodes.push(...links.filter(({ path, target }) => !shipped.has(path) && shipped.has(target)));
  }
  if (options.statusFiles ?? true)
    nodes.push(...withParents(statusFiles(sorted, byDeb(kept), time), nodes, time));
  const layer = makeLayer(nodes);
  return {
    layer,
    time,
    // Not everybody asks.
    get owners() {
      const files = kept.filter(({ entry }) => entry.type !== 'directory');
      return new Map(files.map((one) => [one.entry.path, one.deb.name]));
    },
    get notes() {
      return [...notes, ...diversions(sorted), ...missingCopyrights(sorted, layer)];
    },
  };
}

/**
 * Whether merging may read contents of a package, so that it has to be unpacked: to sum what the package has no sums of,
 * and to compare what it has twice, below /usr and not, or shares with itself for another architecture.
 */
export function isReadToMerge(deb: Deb, among: readonly Deb[]): boolean {
  if (!deb.controlFiles.has('md5sums')) return true;
  if (among.some((other) => other !== deb && other.name === deb.name)) return true;
  const paths = new Set(deb.layer.entries.map(({ path }) => path));
  return deb.layer.entries.some(
    ({ type, path }) => type === 'file' && mergedPath(path) !== path && paths.has(mergedPath(path)),
  );
}

function inOrder(debs: readonly Deb[]): readonly Deb[] {
  const key = ({ name, architecture }: Deb): string => `${name}:${architecture}`;
  const sorted = debs.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  const twice = sorted.find((deb, index) => index > 0 && key(deb) === key(sorted[index - 1] as Deb));
  if (twice) throw new DecantError('FILE_CONFLICT', `the package "${twice.name}" is there twice`);
  return sorted;
}

function groups(placed: readonly Placed[]): ReadonlyMap<string, readonly Placed[]> {
  const byPath = new Map<string, Placed[]>();
  for (const one of placed) {
    const claims = byPath.get(one.entry.path);
    if (claims) claims.push(one);
    else byPath.set(one.entry.path, [one]);
  }
  return byPath;
}

/**
 * What is not left out, without the directories that are there only for what is left out. Licences stay, and so does
 * what a copyright file leads to where it is a link, and a link in the place of a package's documentation.
 */
function selected(placed: readonly Placed[], leaveOut: readonly string[]): readonly Placed[] {
  if (leaveOut.length === 0) return placed;
  const out = leavesOut(leaveOut);
  const links = new Map<string, string>();
  const legal = new Set<string>();
  for (const { entry } of placed) {
    if (entry.type === 'symlink') links.set(entry.path, mergedPath(linkTarget(entry.path, entry.target)));
    if (isLegal(entry.path) || (entry.type === 'symlink' && DOCUMENTATION.test(entry.path)))
      legal.add(entry.path);
  }
  // A set visits what is added to it on the way.
  for (const path of legal) {
    const target = links.get(path);
    if (target !== undefined) legal.add(target).add(joinPath(target, 'copyright'));
  }
  const parents = new Map<Deb, Set<string>>();
  for (const { deb, entry } of placed) {
    let above = parents.get(deb);
    if (!above) parents.set(deb, (above = new Set()));
    // What stands above one that is known is known.
    for (let path = parentOf(entry.path); path !== '' && !above.has(path); path = parentOf(path))
      above.add(path);
  }
  return placed.filter(({ deb, entry }) => {
    const { type, path } = entry;
    // One that a package has empty is there for itself.
    if (type === 'directory') return !parents.get(deb)?.has(path) && !out(path);
    return legal.has(path) || !out(path);
  });
}

/** A package's directory of documentation. */
const DOCUMENTATION = /^usr\/share\/doc\/[^/]+$/;

/** The entries with every directory above them: the packages' own, and where none has it, a plain one. */
function withDirectories(
  taken: ReadonlyMap<string, Placed>,
  placed: readonly Placed[],
  time: number,
  note: (note: MergeNote) => void,
): Node[] {
  const nodes = new Map<string, Node>();
  for (const [path, { entry }] of taken) nodes.set(path, entry);
  const directories = groups(placed.filter(({ entry }) => entry.type === 'directory'));
  const done = new Set<string>();
  for (const one of taken.values()) {
    const parent = parentOf(one.entry.path);
    if (done.has(parent)) continue;
    done.add(parent);
    for (const above of ancestors(one.entry.path)) {
      const there = nodes.get(above);
      if (there?.type === 'directory') continue;
      const claims = directories.get(above) ?? [];
      const settled = claims.length > 0 ? settle(claims, note).entry : madeDirectory(above, time);
      const inTheWay = taken.get(above);
      if (inTheWay) throw conflict([inTheWay, claims[0] ?? { ...one, entry: settled }]);
      nodes.set(above, settled);
    }
  }
  return [...nodes.values()];
}

function withParents(added: readonly Node[], present: readonly Node[], time: number): readonly Node[] {
  const known = new Set([...present, ...added].map(({ path }) => path));
  const parents = new Map<string, Node>();
  for (const { path } of added) {
    for (const above of ancestors(path))
      if (!known.has(above)) parents.set(above, madeDirectory(above, time));
  }
  return [...parents.values(), ...added];
}

function madeDirectory(path: string, mtime: number): Node {
  return { type: 'directory', path, mode: 0o755, uid: 0, gid: 0, mtime };
}

function byDeb(kept: readonly Placed[]): ReadonlyMap<Deb, readonly Placed[]> {
  const shipped = new Map<Deb, Placed[]>();
  for (const one of kept) {
    const list = shipped.get(one.deb);
    if (list) list.push(one);
    else shipped.set(one.deb, [one]);
  }
  return shipped;
}

function diversions(debs: readonly Deb[]): readonly MergeNote[] {
  return debs.flatMap((deb): MergeNote[] => {
    const scripts = diverts(deb);
    if (scripts.length === 0) return [];
    const message = `"${deb.name}" diverts files of other packages in its ${scripts.join(' and ')}; nothing is diverted here`;
    return [{ kind: 'diversion', packages: [deb.name], message }];
  });
}

function missingCopyrights(debs: readonly Deb[], layer: Layer): readonly MergeNote[] {
  const tree = stack([layer]);
  return debs.flatMap(({ name }): MergeNote[] => {
    const path = `usr/share/doc/${name}/copyright`;
    if (tree.get(resolvePath(tree, path))?.type === 'file') return [];
    const message = `the copyright file of "${name}" is not there: it is in a package that is not, or it has none`;
    return [{ kind: 'copyright', path, packages: [name], message }];
  });
}
