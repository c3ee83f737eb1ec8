/**
 * COPY as a function from two trees to a layer. The rules are BuildKit's (Dockerfile reference, "COPY"; in its source
 * the copy helper of the file operations): a directory gives its contents, links in a source path are followed, new
 * directories on the way belong to `--chown`, existing ones keep what they are.
 */
import { DecantError } from '../errors.ts';
import type { FileEntry, Layer, Node } from './entry.ts';
import type { LayerBuilder, NewDirectory } from './builder.ts';
import { layerOver } from './builder.ts';
import { glob, hasWildcard, unescape } from './glob.ts';
import { baseName, cleanPath, joinPath, parentOf } from './path.ts';
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
  readonly expand?: ((file: FileEntry) => Layer | undefined) | undefined;
}

/** One source path or pattern of one tree, as the user wrote it. */
export interface CopySource {
  readonly tree: Tree;
  readonly pattern: string;
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
    sourcePaths(source, options.matches).map((path) => ({ tree: source.tree, path })),
  );
  if (
    sources.length > 1 &&
    !destination.endsWith('/') &&
    !isDirectory(builder, resolvePath(builder, destination))
  ) {
    throw new DecantError(
      'COPY_FAILED',
      `several sources need a directory as destination, and "${destination}" is none`,
      {
        hint: `end it with a slash: "${destination}/"`,
      },
    );
  }
  for (const { tree, path } of matches) copyOne(tree, path, builder, destination, options);
  return builder.finish();
}

/** The paths that a source names; a pattern may name none, a plain path must be there. */
export function sourcePaths(source: CopySource, matches: CopyOptions['matches']): readonly string[] {
  if (hasWildcard(source.pattern)) return glob(source.tree, cleanPath(source.pattern), matches);
  const path = cleanPath(unescape(source.pattern));
  if (source.tree.get(resolvePath(source.tree, path))) return [path];
  throw new DecantError('COPY_SOURCE_MISSING', `"/${path}": not found`, {
    hint: nearName(source.tree, path),
  });
}

function copyOne(
  tree: Tree,
  path: string,
  builder: LayerBuilder,
  destination: string,
  options: CopyOptions,
): void {
  const node = tree.get(resolvePath(tree, path)) as Node;
  const made = newDirectory(options);
  const target = resolvePath(builder, destination);
  const unpacked = node.type === 'file' ? options.expand?.(node) : undefined;
  if (unpacked) {
    builder.makeDirectories(target, made);
    layDown(unpacked, builder, target, options);
    return;
  }
  if (node.type === 'directory') {
    if (builder.get(target) && !isDirectory(builder, target)) {
      throw new DecantError(
        'COPY_FAILED',
        `cannot copy the directory "/${path}" to "/${target}", which is not a directory`,
      );
    }
    builder.makeDirectories(target, made);
    copyContents(tree, node.path, builder, target, options);
    return;
  }
  const intoDirectory = destination.endsWith('/') || isDirectory(builder, target);
  const place = intoDirectory ? joinPath(target, baseName(path)) : target;
  builder.makeDirectories(parentOf(place), made);
  putFile(node, place, builder, options);
}

function copyContents(
  tree: Tree,
  from: string,
  builder: LayerBuilder,
  to: string,
  options: CopyOptions,
): void {
  for (const name of tree.list(from)) {
    const node = tree.get(joinPath(from, name)) as Node;
    const place = joinPath(to, name);
    if (node.type !== 'directory') {
      putFile(node, place, builder, options);
      continue;
    }
    if (builder.get(place) && !isDirectory(builder, place)) {
      throw new DecantError(
        'COPY_FAILED',
        `cannot copy the directory "/${node.path}" to "/${place}", which is not a directory`,
      );
    }
    builder.set(changed(node, place, options));
    copyContents(tree, node.path, builder, place, options);
  }
}

function putFile(node: Node, place: string, builder: LayerBuilder, options: CopyOptions): void {
  if (isDirectory(builder, place)) {
    throw new DecantError(
      'COPY_FAILED',
      `cannot replace the directory "/${place}" with the file "/${node.path}"`,
      {
        hint: 'choose another destination, or remove the directory in an earlier step',
      },
    );
  }
  builder.set(changed(node, place, options));
}

/** An archive's entries: unlike COPY they replace what is in their way (Docker's `Untar`). */
function layDown(layer: Layer, builder: LayerBuilder, to: string, options: CopyOptions): void {
  for (const entry of layer.entries) {
    if (entry.type === 'whiteout' || entry.path === '') continue;
    const parent = resolvePath(builder, joinPath(to, parentOf(entry.path)));
    builder.makeDirectories(parent, newDirectory(options));
    const place = joinPath(parent, baseName(entry.path));
    builder.set(changed(entry, place, options));
  }
}

function changed(node: Node, path: string, options: CopyOptions): Node {
  const mode =
    node.type === 'symlink' ? node.mode : changeMode(node.mode, node.type === 'directory', options.chmod);
  const entry = { ...node, path, mode, ...options.owner };
  if (entry.type === 'directory') delete (entry as { opaque?: boolean }).opaque;
  return entry;
}

function changeMode(mode: number, isDirectory: boolean, chmod: CopyOptions['chmod']): number {
  if (chmod === undefined) return mode;
  return typeof chmod === 'function' ? chmod(mode, isDirectory) : chmod.all;
}

function newDirectory(options: CopyOptions): NewDirectory {
  const { chmod } = options;
  const mode = typeof chmod === 'object' ? chmod.all : 0o755;
  return { mode, uid: options.owner?.uid ?? 0, gid: options.owner?.gid ?? 0 };
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
