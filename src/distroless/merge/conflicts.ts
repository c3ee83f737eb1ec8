/**
 * One path, several packages: whose it is, by dpkg's rules (Debian Policy 7.6.1, deb-control(5)). A package may take
 * over files of those that it Replaces; packages that differ in nothing but their architecture share files that are
 * the same (`Multi-Arch: same`); directories are everybody's. All else is an error.
 */
import type { Deb } from '../../debian/deb/deb.ts';
import { parseDependencies } from '../../debian/dependency.ts';
import { satisfies } from '../../debian/version.ts';
import { DecantError } from '../../errors.ts';
import type { DirectoryEntry, Node } from '../../tree/entry.ts';
import { sameContent } from './content.ts';
import type { MergeNote } from './note.ts';
import { linkTarget, type Placed } from './placed.ts';
import { mergedPath } from './usr-merge.ts';

type Note = (note: MergeNote) => void;

/**
 * What stands at a path that several entries claim, in the order of their packages.
 *
 * @throws DecantError FILE_CONFLICT
 */
export function settle(claims: readonly Placed[], note: Note): Placed {
  const [first, ...others] = claims;
  if (!first) throw new DecantError('INTERNAL', 'nothing claims a path that is claimed');
  if (others.length === 0) return first;
  const directories = claims.filter(({ entry }) => entry.type === 'directory');
  if (directories.length === claims.length) return sharedDirectory(claims, note);
  const rest = directories.length > 0 ? withoutDirectories(claims, note) : withoutSelfLinks(claims);
  const winner = rest.find((one) => rest.every((other) => one === other || yields(other, one)));
  if (!winner) throw conflict(rest);
  for (const other of rest) {
    if (other === winner || other.deb.name === winner.deb.name) continue;
    note({
      kind: 'replaced',
      path: winner.entry.path,
      packages: [winner.deb.name, other.deb.name],
      message: `"/${winner.entry.path}" is from "${winner.deb.name}", which replaces that of "${other.deb.name}"`,
    });
  }
  return winner;
}

/**
 * The attributes of a directory are those of base-files, which lays out the system, or else of the package whose name
 * sorts first; its time is the latest of all, as if each had been unpacked.
 */
function sharedDirectory(claims: readonly Placed[], note: Note): Placed {
  const owner = claims.find(({ deb }) => deb.name === 'base-files') ?? claims[0];
  const directory = owner?.entry as DirectoryEntry;
  const mtime = claims.reduce((latest, { entry }) => Math.max(latest, entry.mtime), 0);
  const different = claims.find(({ entry }) => attributes(entry) !== attributes(directory));
  if (owner && different) {
    const { path } = directory;
    note({
      kind: 'directory',
      path,
      packages: [owner.deb.name, different.deb.name],
      message: `"/${path}" is ${attributes(directory)} as in "${owner.deb.name}"; "${different.deb.name}" has it ${attributes(different.entry)}`,
    });
  }
  return { ...(owner as Placed), entry: { ...directory, mtime } };
}

/** A directory gives way to another package's link; what would be below it has been put where the link leads. */
function withoutDirectories(claims: readonly Placed[], note: Note): readonly Placed[] {
  const links = claims.filter(({ entry }) => entry.type === 'symlink');
  const [link] = links;
  if (
    !link ||
    links.length + claims.filter(({ entry }) => entry.type === 'directory').length < claims.length
  ) {
    throw conflict(claims);
  }
  const { path } = link.entry;
  note({
    kind: 'link',
    path,
    packages: claims.map(({ deb }) => deb.name),
    message: `"/${path}" is a link in "${link.deb.name}" and a directory in others, which goes where the link leads`,
  });
  return links;
}

/** With /usr merged, a link that kept a moved file's old name leads to itself: the file counts. */
function withoutSelfLinks(claims: readonly Placed[]): readonly Placed[] {
  const rest = claims.filter(
    ({ entry, from }) =>
      entry.type !== 'symlink' || mergedPath(linkTarget(from, entry.target)) !== entry.path,
  );
  return rest.length > 0 ? rest : claims;
}

/** Whether the entry of one package gives way to another's. */
function yields(loser: Placed, winner: Placed): boolean {
  if (loser.deb.name !== winner.deb.name) return replaces(winner.deb, loser.deb);
  // The same package for another architecture, or one that has the path twice, below /usr and not.
  const shared = loser.deb === winner.deb || (isShared(loser.deb) && isShared(winner.deb));
  return (
    shared && attributes(loser.entry) === attributes(winner.entry) && sameContent(loser.entry, winner.entry)
  );
}

function isShared(deb: Deb): boolean {
  return deb.control.get('Multi-Arch') === 'same';
}

function replaces(winner: Deb, loser: Deb): boolean {
  return parseDependencies(winner.control.get('Replaces') ?? '', `${winner.name}: Replaces`).some(
    ({ name, relation, version }) =>
      name === loser.name &&
      (!relation || version === undefined || satisfies(loser.version, relation, version)),
  );
}

function attributes({ mode, uid, gid, xattrs = {} }: Node): string {
  const more = Object.entries(xattrs).map(
    ([name, value]) => ` ${name}=${Buffer.from(value).toString('hex')}`,
  );
  return `${mode.toString(8).padStart(4, '0')} ${uid}:${gid}${more.join('')}`;
}

/** The error for entries of which only one can stand at their path. */
export function conflict(claims: readonly Placed[]): DecantError {
  const [first, second] = claims;
  const path = first?.entry.path ?? '';
  const named = (claim: Placed | undefined): string =>
    claim
      ? `"${claim.deb.name}" (${claim.deb.version}, ${claim.deb.architecture}, a ${claim.entry.type})`
      : '';
  if (first && first.deb === second?.deb) {
    return new DecantError(
      'FILE_CONFLICT',
      `the package ${named(first)} has both "/${first.from}" and "/${second.from}", which are one path`,
      { hint: `leave "/${path}" out, or use another version of "${first.deb.name}"` },
    );
  }
  const diverting = claims.find(({ deb }) => diverts(deb).length > 0);
  return new DecantError(
    'FILE_CONFLICT',
    `"/${path}" is in the package ${named(first)} and in ${named(second)}, and neither replaces the other`,
    {
      hint: diverting
        ? `"${diverting.deb.name}" diverts files when it is installed; leave out "/${path}", or one of the packages`
        : `leave out one of the packages, or "/${path}"`,
    },
  );
}

/** The scripts of a package that divert files of others (dpkg-divert(1)). */
export function diverts(deb: Deb): readonly string[] {
  return [...deb.scripts].filter(([, text]) => /^[^#\n]*\bdpkg-divert\b/m.test(text)).map(([name]) => name);
}
