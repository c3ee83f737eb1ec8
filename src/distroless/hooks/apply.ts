/** Carries hooks out one after another: each sees what those before it made. */
import { DecantError } from '../../errors.ts';
import type { FileEntry, Layer } from '../../tree/entry.ts';
import { layerOver } from '../../tree/builder.ts';
import { parentOf } from '../../tree/path.ts';
import { resolvePath, type Tree } from '../../tree/tree.ts';
import type { Hook, HookContext } from './hook.ts';

export interface Applied {
  /** What to lay over the merged packages. */
  readonly layer: Layer;
  /** Names of the hooks that made something, in order, each with the paths that it made. */
  readonly made: ReadonlyMap<string, readonly string[]>;
}

/** What hooks are given, with the reader of the packages' files: the bytes of one file of the tree. */
export interface ApplyContext extends Omit<HookContext, 'read' | 'whole'> {
  /** The packages before anything was left out; the tree unless told. */
  readonly whole?: Tree;
  readonly readFile: (file: FileEntry) => Promise<Uint8Array>;
}

/**
 * The hooks that apply, in their order. Entries are laid over the tree through its links, so that what a hook makes
 * in `/lib` lands in `/usr/lib`.
 *
 * @throws DecantError FILE_CONFLICT where two hooks make the same path, or a path leads through something that is no
 * directory
 */
export async function applyHooks(hooks: readonly Hook[], context: ApplyContext): Promise<Applied> {
  const { readFile, ...common } = context;
  const names = new Set(context.packages.map(({ name }) => name));
  const builder = layerOver(context.tree);
  const made = new Map<string, readonly string[]>();
  const makers = new Map<string, string>();
  const tree: Tree = { get: builder.get, list: builder.list };
  const viewOf = (seen: Tree): HookContext['whole'] => ({
    tree: seen,
    async read(path) {
      const node = seen.get(resolvePath(seen, path));
      if (node?.type !== 'file') return undefined;
      return node.content.kind === 'inline' ? node.content.bytes : readFile(node);
    },
  });
  const { read } = viewOf(tree);
  const whole = viewOf(context.whole ?? tree);

  for (const hook of hooks) {
    if (hook.packages.length > 0 && !hook.packages.some((name) => names.has(name))) continue;
    const entries = await hook.apply({ ...common, tree, read, whole });
    const paths: string[] = [];
    for (const entry of entries.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      if (entry.type === 'whiteout') continue;
      const path = resolvePath(tree, entry.path, 'parents');
      const other = makers.get(path);
      if (other !== undefined) throw conflict(path, hook.name, `the hook "${other}" made it already`);
      makers.set(path, hook.name);
      const parent = parentOf(path);
      const missing = missingAbove(tree, parent);
      if (missing === undefined)
        throw conflict(path, hook.name, `"/${parent}" leads through what is no directory`);
      for (const above of missing) {
        builder.set({ type: 'directory', path: above, mode: 0o755, uid: 0, gid: 0, mtime: context.time });
      }
      builder.set({ ...entry, path });
      paths.push(path);
    }
    if (paths.length > 0) made.set(hook.name, paths);
  }
  return { layer: builder.finish(), made };
}

/** The directories that are missing down to a path, outermost first; undefined where something else is in the way. */
function missingAbove(tree: Tree, directory: string): readonly string[] | undefined {
  const missing: string[] = [];
  for (let path = directory; path !== ''; path = parentOf(path)) {
    const node = tree.get(path);
    if (node) return node.type === 'directory' ? missing : undefined;
    missing.unshift(path);
  }
  return missing;
}

function conflict(path: string, hook: string, why: string): DecantError {
  return new DecantError('FILE_CONFLICT', `the hook "${hook}" cannot make "/${path}": ${why}`);
}
