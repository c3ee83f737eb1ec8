/**
 * What scanners read in an image without a package manager: `/var/lib/dpkg/status.d/<package>` is the package's
 * control file as it stands, so that its source package is known, and `<package>.md5sums` beside it lists the files
 * that are in the image. There is no standard for this; the form is the one that public distroless images have.
 */
import type { Deb } from '../../debian/deb/deb.ts';
import type { DirectoryEntry, FileEntry } from '../../tree/entry.ts';
import { md5 } from './content.ts';
import type { Placed } from './placed.ts';

export const STATUS_DIRECTORY = 'var/lib/dpkg/status.d';

/** @param shipped What is in the image of each package's, at the paths where it is. */
export function statusFiles(
  debs: readonly Deb[],
  shipped: ReadonlyMap<Deb, readonly Placed[]>,
  mtime: number,
): readonly (FileEntry | DirectoryEntry)[] {
  const names = new Set<string>();
  const files = debs.flatMap((deb) => {
    // Of several architectures of one package, only the first is known by its name alone.
    const name = names.has(deb.name) ? `${deb.name}:${deb.architecture}` : deb.name;
    names.add(name);
    return [
      textFile(`${STATUS_DIRECTORY}/${name}`, `${deb.controlText.trimEnd()}\n`, mtime),
      textFile(`${STATUS_DIRECTORY}/${name}.md5sums`, md5sums(deb, shipped.get(deb) ?? []), mtime),
    ];
  });
  if (files.length === 0) return [];
  return [{ type: 'directory', path: STATUS_DIRECTORY, mode: 0o755, uid: 0, gid: 0, mtime }, ...files];
}

/** As in the package, for the files that are in the image, at the paths where they are; conffiles are not listed. */
function md5sums(deb: Deb, shipped: readonly Placed[]): string {
  const files = new Map<string, FileEntry>();
  for (const { from, entry } of shipped) if (entry.type === 'file') files.set(from, entry);
  if (deb.controlFiles.has('md5sums')) {
    return lines(deb.md5sums.map(({ digest, path }) => [digest, files.get(path)?.path]));
  }
  const conffiles = new Set(deb.conffiles);
  const listed = [...files].filter(([from]) => !conffiles.has(from));
  return lines(listed.map(([, entry]) => [md5(entry), entry.path]));
}

function lines(sums: readonly (readonly [string, string | undefined])[]): string {
  return sums.map(([digest, path]) => (path === undefined ? '' : `${digest}  ${path}\n`)).join('');
}

export function textFile(path: string, content: string | Uint8Array, mtime: number, mode = 0o644): FileEntry {
  const bytes = Buffer.from(content);
  return {
    type: 'file',
    path,
    mode,
    uid: 0,
    gid: 0,
    mtime,
    size: bytes.length,
    content: { kind: 'inline', bytes },
  };
}
