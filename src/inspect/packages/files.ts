/** Files of a tree as the readers of package records want them: whole texts, parts of large files, owned paths. */
import { collect, toBuffer } from '../../codec/stream.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { baseName, joinPath, parentOf } from '../../tree/path.ts';
import { resolvePath, type Tree } from '../../tree/tree.ts';
import { readWhole } from '../contents/read.ts';

/** A status file of a full desktop has 10 MB; nothing that records packages is larger than this. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;

/** What readers of package records share. */
export interface Reading {
  readonly tree: Tree;
  readonly open: OpenContent;
  readonly warn: (text: string) => void;
  readonly signal: AbortSignal | undefined;
  /** Whether files are wanted that have nothing but a licence; they are unless told. */
  readonly licenses?: boolean;
}

/** A file at a path, links followed; undefined for anything else. */
export function fileAt(tree: Tree, path: string): FileEntry | undefined {
  const node = tree.get(path) ?? followed(tree, path);
  return node?.type === 'file' ? node : node?.type === 'symlink' ? asFile(followed(tree, path)) : undefined;
}

function followed(tree: Tree, path: string) {
  try {
    return tree.get(resolvePath(tree, path));
  } catch {
    // Links in a circle lead to nothing.
    return undefined;
  }
}

function asFile(node: ReturnType<Tree['get']>): FileEntry | undefined {
  return node?.type === 'file' ? node : undefined;
}

/** @throws DecantError ARCHIVE_TOO_LARGE, and what opening contents throws. */
export function readFile(
  { open }: Pick<Reading, 'open'>,
  file: FileEntry,
  limit: number = MAX_RECORD_BYTES,
): Promise<Buffer> {
  return readWhole(open, file, limit);
}

export async function readText(reading: Reading, file: FileEntry, limit?: number): Promise<string> {
  return (await readFile(reading, file, limit)).toString('utf8');
}

/** Bytes of a file from `start`, fewer where it ends. What stands around them is not read. */
export async function readPart(
  { open }: Pick<Reading, 'open'>,
  file: FileEntry,
  start: number,
  length: number,
): Promise<Buffer> {
  const size = Math.max(0, Math.min(length, file.size - start));
  const { content } = file;
  if (size === 0) return Buffer.alloc(0);
  if (content.kind === 'inline') return toBuffer(content.bytes).subarray(start, start + size);
  const offset = (content.offset ?? 0) + start;
  const part = open({ ...file, size, content: { ...content, offset } });
  return part instanceof Uint8Array ? toBuffer(part) : collect(part, size);
}

/**
 * Where files that a record names are in the tree: records name paths as they were before `/bin` and `/lib` became
 * links. Undefined for directories and for what is not there.
 */
export function ownedPaths(tree: Tree): (path: string) => string | undefined {
  const folders = new Map<string, string>();
  return (recorded) => {
    const path = recorded.replace(/^\.?\/+/, '');
    const folder = parentOf(path);
    let real = folders.get(folder);
    if (real === undefined) {
      try {
        real = resolvePath(tree, folder);
      } catch {
        real = folder;
      }
      folders.set(folder, real);
    }
    const placed = joinPath(real, baseName(path));
    const node = tree.get(placed);
    return node && node.type !== 'directory' ? placed : undefined;
  };
}

/** Those of the paths that are there, sorted, each once. */
export function presentFiles(
  owned: (path: string) => string | undefined,
  paths: readonly string[],
): readonly string[] {
  const present = new Set<string>();
  // `/bin`, which was a directory for the package and is a link in the tree, is not the package's.
  const folders = new Set(paths.map(parentOf));
  for (const path of paths) {
    const placed = folders.has(path) ? undefined : owned(path);
    if (placed !== undefined) present.add(placed);
  }
  return [...present].sort();
}
