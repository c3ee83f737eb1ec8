/**
 * What is mounted in the sandbox besides the root, and where. Two rules hold:
 *
 * A mount point is a path of the image with every symbolic link followed *by us, inside the image*: bubblewrap would
 * follow them on the host while it still can see it.
 *
 * A mount point that the image lacks is not created in the layer that the process writes to. It comes from a layer of
 * stubs that lies on top of the image's own ones: the missing directory or empty file, and below it the image's own
 * directories again with the same mode, owner and time, so that nobody can tell.
 */
import { DecantError } from '../errors.ts';
import type { DirectoryEntry, Entry, FileEntry } from '../tree/entry.ts';
import { enclosingMount, isDirectory } from './nested.ts';

/** The root file system as the sandbox needs to ask about it. Paths as in tree/entry.ts (no leading slash). */
export interface ImageView {
  lookup(path: string): Entry | undefined;
  /**
   * The path with every symbolic link followed inside the image, the last component's too. Components that do not
   * exist stay as they are. Throws for a loop.
   */
  resolve(path: string): string;
}

/** A root file system with nothing in it. */
export const EMPTY_IMAGE: ImageView = { lookup: () => undefined, resolve: (path) => path };

export type Mount =
  /** A directory or file of the host. */
  | {
      readonly type: 'bind';
      readonly source: string;
      readonly directory: boolean;
      readonly target: string;
      readonly readOnly: boolean;
    }
  /** A part of another tree: unpacked layers, the top one first. What is written there is gone with the process. */
  | {
      readonly type: 'tree';
      readonly lowers: readonly string[];
      /** What the layers show when they are stacked. */
      readonly image: ImageView;
      /** Path in `image`, with no link in it; '' for all of it. */
      readonly source: string;
      readonly directory: boolean;
      readonly target: string;
      readonly readOnly: boolean;
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly mode?: number; readonly size?: number }
  /** A file that exists in memory only: a secret, or something we generate. */
  | {
      readonly type: 'data';
      readonly target: string;
      readonly bytes: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/**
 * A file of the image that a process sees with something added: it lies in the layer of stubs, so it can be replaced
 * and removed as any file. See certificates.ts for why, and lent.ts for how nothing of it stays.
 */
export interface LentFile {
  /** The image's file, or what a file there would be. Its path has no links in it. */
  readonly entry: FileEntry;
  /** Its content; undefined where the image has no such file. */
  readonly original: Uint8Array | undefined;
  readonly addition: Uint8Array;
}

export interface MountPoints {
  /** For the layer of stubs, sorted by path, parents included; without the root. */
  readonly stubs: readonly Entry[];
  /** Each mount with its resolved target (no leading slash), in an order in which outer ones come first. */
  readonly mounts: readonly Mount[];
  /** For the layer of stubs of a bound tree, as above: mount points inside it that it lacks. */
  readonly stubsOf: ReadonlyMap<Mount, readonly Entry[]>;
}

/** Always there, in this order, as directories. */
export const SYSTEM_DIRECTORIES = ['proc', 'sys', 'dev'] as const;

/**
 * Resolves targets (with or without leading slash) and finds what the image lacks. Throws EXEC_FAILED for a target
 * that is not possible. Of two mounts at one place the later one wins.
 */
export function placeMounts(
  image: ImageView,
  mounts: readonly Mount[],
  lent: readonly LentFile[] = [],
): MountPoints {
  const stubs = new Map<string, Entry>();
  for (const path of SYSTEM_DIRECTORIES) {
    if (resolveInside(image, path) !== path) throw impossible(path, 'it is a symbolic link in the image');
    addStub(image, stubs, path, true);
  }
  const placed = new Map<string, Mount>();
  for (const mount of mounts) {
    const target = resolveInside(image, normal(mount.target));
    if (target === '') throw impossible(mount.target, 'it is the root');
    if (isTaken(target)) throw impossible(mount.target, 'the system has its own files there');
    placed.delete(target);
    placed.set(target, { ...mount, target });
  }
  const sorted = [...placed.values()].sort((a, b) => (a.target < b.target ? -1 : 1));
  const inside = new Map<Mount, Map<string, Entry>>();
  for (const mount of sorted) {
    const outer = enclosingMount(mount.target, sorted);
    if (outer?.type === 'tree') addInside(inside, outer, mount);
    if (outer || mount.target.startsWith('dev/')) continue;
    addStub(image, stubs, mount.target, isDirectory(mount));
  }
  for (const file of lent) addLent(image, stubs, file);
  const stubsOf = new Map([...inside].map(([mount, found]) => [mount, inOrder(found)]));
  return { stubs: inOrder(stubs), mounts: sorted, stubsOf };
}

function inOrder(stubs: ReadonlyMap<string, Entry>): readonly Entry[] {
  return [...stubs.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A mount point inside a bound tree: it belongs to a layer of stubs on top of that. */
function addInside(
  inside: Map<Mount, Map<string, Entry>>,
  outer: Mount & { readonly type: 'tree' },
  mount: Mount,
): void {
  if (!outer.directory) throw impossible(mount.target, `/${outer.target} is a file`);
  const path = normal(`${outer.source}/${mount.target.slice(outer.target.length + 1)}`);
  if (resolveInside(outer.image, path) !== path)
    throw impossible(mount.target, `below the mount at /${outer.target}, it is a symbolic link`);
  const stubs = inside.get(outer) ?? new Map<string, Entry>();
  addStub(outer.image, stubs, path, isDirectory(mount));
  inside.set(outer, stubs);
}

/** Whether a generated file can be lent at the path: false where the image keeps something else there. */
export function canPlaceFile(image: ImageView, path: string): boolean {
  try {
    const target = resolveInside(image, path);
    const first = target.split('/', 1)[0] ?? '';
    return (
      !SYSTEM_DIRECTORIES.some((each) => each === first) &&
      parentsAreDirectories(image, target) &&
      isFileOrAbsent(image, target)
    );
  } catch (error) {
    if (error instanceof DecantError) return false;
    throw error;
  }
}

function isFileOrAbsent(image: ImageView, path: string): boolean {
  const entry = image.lookup(path);
  return entry === undefined || entry.type === 'file';
}

function parentsAreDirectories(image: ImageView, path: string): boolean {
  return parentsOf(path).every((parent) => (image.lookup(parent)?.type ?? 'directory') === 'directory');
}

/** What bubblewrap puts into /dev. */
const DEVICES: ReadonlySet<string> = new Set(
  'null zero full random urandom tty console ptmx pts mqueue fd stdin stdout stderr core'.split(' '),
);

/** /proc, /sys and /dev are mounts themselves, with magic links in them; other names in /dev are free. */
function isTaken(target: string): boolean {
  const [first, second = ''] = target.split('/');
  if (first === 'proc' || first === 'sys') return true;
  return first === 'dev' && (second === '' || DEVICES.has(second));
}

function addStub(image: ImageView, stubs: Map<string, Entry>, path: string, directory: boolean): void {
  const present = image.lookup(path);
  if (
    present
      ? (present.type === 'directory') !== directory
      : stubs.get(path)?.type === (directory ? 'file' : 'directory')
  ) {
    throw impossible(
      path,
      directory ? 'the image has something there that is not a directory' : 'the image has a directory there',
    );
  }
  if (present) return;
  addParents(image, stubs, path);
  if (!stubs.has(path)) {
    stubs.set(
      path,
      directory
        ? stubDirectory(path, undefined)
        : {
            type: 'file',
            path,
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime: 0,
            size: 0,
            content: { kind: 'inline', bytes: new Uint8Array() },
          },
    );
  }
}

function addParents(image: ImageView, stubs: Map<string, Entry>, path: string): void {
  for (const parent of parentsOf(path)) {
    const entry = image.lookup(parent);
    if (entry && entry.type !== 'directory')
      throw impossible(path, `${parent} is not a directory in the image`);
    if (!stubs.has(parent)) stubs.set(parent, stubDirectory(parent, entry));
  }
}

function addLent(image: ImageView, stubs: Map<string, Entry>, { entry, original, addition }: LentFile): void {
  addParents(image, stubs, entry.path);
  const bytes = Buffer.concat([original ?? new Uint8Array(), addition]);
  const { path, mode, uid, gid, mtime } = entry;
  const content = { kind: 'inline', bytes } as const;
  stubs.set(path, { type: 'file', path, mode, uid, gid, mtime, size: bytes.length, content });
}

function stubDirectory(path: string, like: DirectoryEntry | undefined): DirectoryEntry {
  const entry = {
    type: 'directory' as const,
    path,
    mode: like?.mode ?? 0o755,
    uid: like?.uid ?? 0,
    gid: like?.gid ?? 0,
    mtime: like?.mtime ?? 0,
  };
  return like?.xattrs ? { ...entry, xattrs: like.xattrs } : entry;
}

/** `a/b/c` has the parents `a` and `a/b`. */
function parentsOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

function resolveInside(image: ImageView, path: string): string {
  return normal(image.resolve(path));
}

function impossible(path: string, why: string): DecantError {
  return new DecantError('EXEC_FAILED', `cannot mount at /${normal(path)}: ${why}`);
}
