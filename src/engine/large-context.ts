/**
 * What makes a build context large: the entries that would be worth leaving out. Nobody sends a context anywhere, so it
 * is what steps take of it that counts.
 */
import { baseName, joinPath, parentOf } from '../tree/path.ts';

export interface LargeEntry {
  /** A directory's ends with a slash. */
  readonly path: string;
  readonly bytes: number;
}

/** What was taken of a context, summed up as it is found: contexts have many files, and most of them are small. */
export interface TakenFiles {
  /** Each file once. */
  readonly add: (path: string, bytes: number) => void;
  readonly bytes: () => number;
  /**
   * The ten largest entries, largest first: those at the top, and instead of a directory what is in it where one thing in
   * it makes most of its size. What is too small to be told in megabytes is not among them.
   */
  readonly largest: () => readonly LargeEntry[];
}

/** From here on it is worth a word. */
export const LARGE_BYTES = 100 * 1024 * 1024;
const MAX_ENTRIES = 10;
const LEAST_BYTES = 50_000;

interface Folder {
  readonly path: string;
  readonly folders: Folder[];
  /** The largest of its files. */
  files: readonly LargeEntry[];
  /** Bytes of the files in it, those of folders in it not among them until all are added up. */
  bytes: number;
}

export function takenFiles(): TakenFiles {
  const root = emptyFolder('');
  const folders = new Map([['', root]]);
  const folderAt = (path: string): Folder => {
    let folder = folders.get(path);
    if (!folder) {
      folders.set(path, (folder = emptyFolder(path)));
      folderAt(parentOf(path)).folders.push(folder);
    }
    return folder;
  };
  let bytes = 0;
  let last = root;
  return {
    bytes: () => bytes,
    add(path, size) {
      bytes += size;
      const directory = parentOf(path);
      if (last.path !== directory) last = folderAt(directory);
      last.bytes += size;
      if (size < LEAST_BYTES) return;
      last.files = firstTen([...last.files, { path: baseName(path), bytes: size }]);
    },
    largest: () => firstTen(entriesIn(totalled(root))),
  };
}

function emptyFolder(path: string): Folder {
  return { path, folders: [], files: [], bytes: 0 };
}

interface Total extends LargeEntry {
  readonly inside: readonly (LargeEntry | Total)[];
}

function totalled({ path, folders, files, bytes }: Folder): Total {
  const below = folders.map(totalled);
  const own = files.map((file) => ({ ...file, path: joinPath(path, file.path) }));
  const all = below.reduce((sum, folder) => sum + folder.bytes, bytes);
  return { path: `${path}/`, bytes: all, inside: [...below, ...own] };
}

function entriesIn({ inside }: Total): readonly LargeEntry[] {
  return inside.flatMap((entry) => {
    const isMostlyOne = 'inside' in entry && entry.inside.some(({ bytes }) => bytes > entry.bytes / 2);
    return isMostlyOne ? entriesIn(entry) : [entry];
  });
}

function firstTen(entries: readonly LargeEntry[]): readonly LargeEntry[] {
  return entries
    .filter(({ bytes }) => bytes >= LEAST_BYTES)
    .sort((a, b) => b.bytes - a.bytes || (a.path < b.path ? -1 : 1))
    .slice(0, MAX_ENTRIES)
    .map(({ path, bytes }) => ({ path, bytes }));
}
