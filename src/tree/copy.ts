/**
 * COPY as a function from two trees to a layer. The rules are BuildKit's (Dockerfile reference, "COPY"; in its source
 * the copy helper of the file operations): a directory gives its contents, links in a source path are followed, new
 * directories on the way belong to `--chown`, existing ones keep what they are. An archive that ADD takes apart is
 * laid down by Docker's rules for those, in archive.ts.
 */
import { randomUUID } from 'node:crypto';
import { DecantError } from '../errors.ts';
import { layDown } from './archive.ts';
import type { LayerBuilder, NewDirectory } from './builder.ts';
import { layerOver } from './builder.ts';
import type { FileEntry, Layer, Node } from './entry.ts';
import { glob, hasWildcard, unescape } from './glob.ts';
import { baseName, cleanPath, joinPath, parentOf } from './path.ts';
import { contentsOf } from './select.ts';
import type { Selection, Taken } from './select.ts';
import type { Tree } from './tree.ts';
import { resolvePath } from './tree.ts';

export interface CopyOptions {
  /** Owner of everything copied and made; the source's own (and root for made directories) without it. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** `--chmod`: the new mode from the old one, or one mode for all. */
  readonly chmod?: { readonly all: number } | ((mode: number, isDirectory: boolean) => number) | undefined;
  /** Go's `filepath.Match` for one component. */
  readonly matches: (pattern: string, name: string) => boolean;
  /** Called with each regular file to be copied; entries to lay down in its place (ADD of an archive), or nothing. */
  readonly expand?: ((file: FileEntry, source: CopySource) => Layer | undefined) | undefined;
  /** Several sources are copied to one name that is no directory. */
  readonly onReplaced?: (() => void) | undefined;
}

/** One source path or pattern of one tree, as the user wrote it. */
export interface CopySource {
  readonly tree: Tree;
  readonly pattern: string;
  /** What of directories is taken; everything without it. */
  readonly selection?: Selection | undefined;
  /** Archives of this source are never taken apart. */
  readonly isPacked?: boolean | undefined;
  /** `--parents`: the pattern names directories to start from, and `path` of the selection, if any, must be there. */
  readonly parents?: { readonly path?: string | undefined } | undefined;
}

/**
 * The layer that lays `sources` over `target` at `destination` (absolute; a slash at its end means "a directory").
 *
 * @throws DecantError COPY_SOURCE_MISSING, COPY_FAILED
 */
export function copy(
  sources: readonly CopySource[],
  target: Tree,
  destination: string,
  options: CopyOptions,
): Layer {
  const builder = layerOver(target);
  const matches = sources.flatMap((source) =>
    sourcePaths(source, options.matches).map((path) => ({ source, path })),
  );
  for (const [index, { source, path }] of matches.entries()) {
    // As BuildKit has it, though its documentation asks for a directory: the last of several files is the one that stays.
    if (index > 0 && !saysDirectory(destination) && !isDirectory(builder, resolvePath(builder, destination)))
      options.onReplaced?.();
    // What is copied one by one is linked no more, even where one pattern names it.
    const place = placement(options);
    copyOne(source, path, { builder, destination, options, place });
  }
  return builder.finish();
}

/**
 * The paths that a source names, each of which leads to something; a pattern may name none, a plain path must be
 * there.
 *
 * @throws DecantError COPY_SOURCE_MISSING
 */
export function sourcePaths(source: CopySource, matches: CopyOptions['matches']): readonly string[] {
  const { tree } = source;
  const pattern = cleanPath(source.pattern);
  if (!hasWildcard(pattern)) {
    // A backslash escapes what could be a wildcard; in a name that is there as written it is only a character.
    const path = tree.get(resolvePath(tree, pattern)) ? pattern : unescape(pattern);
    if (!tree.get(resolvePath(tree, path))) throw missing(tree, path);
    const below = source.parents?.path;
    if (below !== undefined) checkTaken(source, path, below);
    return [path];
  }
  const found = glob(tree, pattern, matches);
  const paths = source.parents ? found.filter((path) => isDirectory(tree, resolvePath(tree, path))) : found;
  const dangling = paths.find((path) => !tree.get(resolvePath(tree, path)));
  if (dangling !== undefined) throw missing(tree, dangling);
  return paths;
}

function checkTaken({ tree, selection }: CopySource, start: string, below: string): void {
  const path = joinPath(start, below);
  const place = joinPath(resolvePath(tree, start), below);
  // A context asks the file system of the host, which follows links on the way.
  if (resolvePath(tree, place, 'parents') !== place || !tree.get(place)) throw notThrough(tree, path);
  if (selection === undefined || selection.takes(below) || selection.leadsOn(below)) return;
  throw new DecantError('COPY_SOURCE_MISSING', `"/${path}": not found`, {
    hint: 'it is there, but --exclude leaves it out',
  });
}

function notThrough(tree: Tree, path: string): DecantError {
  const real = resolvePath(tree, path);
  if (!tree.get(real)) return missing(tree, path);
  return new DecantError('COPY_SOURCE_MISSING', `"/${path}": not found`, {
    hint: `it leads through a link, which --parents does not follow; it stands at "/${real}"`,
  });
}

function missing(tree: Tree, path: string): DecantError {
  const isLink = tree.get(resolvePath(tree, path, 'parents')) !== undefined;
  const message = isLink
    ? `"/${path}" is a link to "/${resolvePath(tree, path)}", which is not there`
    : `"/${path}": not found`;
  return new DecantError('COPY_SOURCE_MISSING', message, {
    hint: isLink ? 'a link is followed inside its own tree only' : nearName(tree, path),
  });
}

const IMPLIED: NewDirectory = { mode: 0o755, uid: 0, gid: 0 };

interface Copying {
  readonly builder: LayerBuilder;
  readonly destination: string;
  readonly options: CopyOptions;
  readonly place: (node: Node, path: string) => Node;
}

function copyOne(source: CopySource, path: string, { builder, destination, options, place }: Copying): void {
  const { tree, selection, isPacked } = source;
  const node = tree.get(resolvePath(tree, path)) as Node;
  const target = resolvePath(builder, destination);
  const unpacked = node.type === 'file' && !isPacked ? options.expand?.(node, source) : undefined;
  if (unpacked) {
    const made = newDirectory({ ...options, chmod: undefined });
    builder.makeDirectories(target, made);
    // What the archive only implies is nobody's, as in BuildKit.
    layDown(unpacked, builder, target, IMPLIED, placement({ ...options, chmod: undefined }));
    return;
  }
  const made = newDirectory(options);
  if (node.type === 'directory') {
    refuseOther(builder, target, path);
    builder.makeDirectories(target, made);
    for (const taken of contentsOf(tree, node.path, selection)) putTaken(taken, builder, target, place);
    return;
  }
  const intoDirectory = saysDirectory(destination) || isDirectory(builder, target);
  const file = intoDirectory ? joinPath(target, baseName(path)) : target;
  builder.makeDirectories(parentOf(file), made);
  putFile(node, file, builder, place);
}

function putTaken(
  { node, path: below, isWay }: Taken,
  builder: LayerBuilder,
  to: string,
  place: Copying['place'],
): void {
  const path = joinPath(to, below);
  if (node.type !== 'directory') {
    putFile(node, path, builder, place);
    return;
  }
  refuseOther(builder, path, node.path);
  const there = isWay ? builder.get(path) : undefined;
  // A directory that only leads to something gives one that is there its mode and nothing else.
  builder.set(there ? { ...there, mode: node.mode } : place(node, path));
}

function refuseOther(builder: LayerBuilder, path: string, directory: string): void {
  if (!builder.get(path) || isDirectory(builder, path)) return;
  throw new DecantError(
    'COPY_FAILED',
    `cannot copy the directory "/${directory}" to "/${path}", which is not a directory`,
    { hint: 'choose another destination, or remove what is there in an earlier step' },
  );
}

function putFile(node: Node, path: string, builder: LayerBuilder, place: Copying['place']): void {
  if (isDirectory(builder, path)) {
    throw new DecantError(
      'COPY_FAILED',
      `cannot replace the directory "/${path}" with the file "/${node.path}"`,
      {
        hint: 'choose another destination, or remove the directory in an earlier step',
      },
    );
  }
  builder.set(place(node, path));
}

/** How a node changes on its way. Hard links stay links to each other, and are none to files of other layers. */
function placement({ owner, chmod }: CopyOptions): Copying['place'] {
  let group: string | undefined;
  return (node, path) => {
    const { uid, gid } = owner ?? node;
    if (node.type === 'symlink') return { ...node, path, uid, gid };
    const mode = changeMode(node.mode, node.type === 'directory', chmod);
    if (node.type === 'directory') {
      const { opaque: _opaque, ...directory } = node;
      return { ...directory, path, mode, uid, gid };
    }
    if (node.type !== 'file') return { ...node, path, mode, uid, gid };
    const file = copyOfFile(node, path, mode, uid, gid);
    if (node.link !== undefined) file.link = `${(group ??= randomUUID())}:${node.link}`;
    return file;
  };
}

/** Property by property: objects that others are spread into take three times the memory, and files are many. */
function copyOfFile(
  { path: from, mtime, size, content, clock, digest, xattrs }: FileEntry,
  to: string,
  mode: number,
  uid: number,
  gid: number,
): { -readonly [Key in keyof FileEntry]: FileEntry[Key] } {
  // The same text twice would be kept twice.
  const path = from === to ? from : to;
  const file: ReturnType<typeof copyOfFile> = clock
    ? { type: 'file', path, mode, uid, gid, mtime, clock, size, content }
    : { type: 'file', path, mode, uid, gid, mtime, size, content };
  if (digest !== undefined) file.digest = digest;
  if (xattrs) file.xattrs = xattrs;
  return file;
}

function changeMode(mode: number, isDirectory: boolean, chmod: CopyOptions['chmod']): number {
  if (chmod === undefined) return mode;
  return typeof chmod === 'function' ? chmod(mode, isDirectory) : chmod.all;
}

/** A directory made on the way has the permissions of an octal `--chmod`, without the bits beyond them. */
function newDirectory({ owner, chmod }: CopyOptions): NewDirectory {
  const mode = typeof chmod === 'object' ? chmod.all & 0o777 : 0o755;
  return { mode, uid: owner?.uid ?? 0, gid: owner?.gid ?? 0 };
}

/** Whether a destination is a directory by how it is written, there or not. */
function saysDirectory(destination: string): boolean {
  return destination.endsWith('/') || destination.endsWith('/.');
}

function isDirectory(tree: Tree, path: string): boolean {
  return path === '' || tree.get(path)?.type === 'directory';
}

/** A name in the same directory that differs only in case or by an ending, for "did you mean". */
function nearName(tree: Tree, path: string): string | undefined {
  const wanted = baseName(path).toLowerCase();
  const directory = resolvePath(tree, parentOf(path));
  const near = tree.list(directory).find((name) => {
    const other = name.toLowerCase();
    return other === wanted || other.startsWith(`${wanted}.`) || wanted.startsWith(`${other}.`);
  });
  return near === undefined ? undefined : `did you mean "${joinPath(directory, near)}"?`;
}
