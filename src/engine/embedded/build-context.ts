/** The build context, from wherever it comes: a directory, or the layer of files that a tar archive holds. */
import { DecantError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import type { FileEntry, Layer } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { stack } from '../../tree/tree.ts';
import type { Tree } from '../../tree/tree.ts';
import { contextTree } from '../context.ts';
import { digestOfFile } from '../../store/contents.ts';
import { fileDigests } from '../file-digests.ts';
import { LARGE_BYTES } from '../large-context.ts';
import { isLeftOut, leaveOut } from '../leave-out.ts';
import type { Ignore } from '../leave-out.ts';

export interface ContextSource {
  /** An absolute directory, or files. */
  readonly files: string | Layer | Tree;
  readonly ignore?: Ignore | undefined;
}

export interface OpenedContext {
  readonly tree: Tree;
  readonly digestOf: (file: FileEntry) => string | Promise<string>;
  /** The path is there, and the ignore file leaves it out. */
  readonly isLeftOut: (path: string) => boolean;
}

interface Opened extends OpenedContext {
  readonly largeFiles: () => ReadonlyMap<string, number>;
  readonly save: () => Promise<void>;
}

/**
 * Opens a context when the first step asks for it, and not before. `save` keeps what was learned of them.
 *
 * @param sources By name; '' is the main one, absent where there is none.
 */
export function openContexts(sources: ReadonlyMap<string, ContextSource>, store: Store, open: OpenContent) {
  const opened = new Map<string, Opened>();
  return {
    open: (name: string): OpenedContext => {
      let context = opened.get(name);
      if (!context) opened.set(name, (context = openNow(sources.get(name), store, open)));
      return context;
    },
    /** Of the main context: sizes of the files that were taken of it, where it is a directory and they are many bytes. */
    largeFiles: (): ReadonlyMap<string, number> => opened.get('')?.largeFiles() ?? new Map(),
    save: async (): Promise<void> => {
      for (const context of opened.values()) await context.save();
    },
  };
}

function openNow(source: ContextSource | undefined, store: Store, open: OpenContent) {
  if (!source) {
    throw new DecantError('COPY_SOURCE_MISSING', 'there is no build context to copy from', {
      hint: 'give a directory instead of "-", or a tar archive on standard input',
    });
  }
  const { files, ignore } = source;
  const {
    tree: all,
    sizes,
    ...rest
  } = typeof files === 'string' ? onDisk(files, store) : asTree(files, open);
  return {
    ...rest,
    largeFiles() {
      const files = sizes();
      // What the ignore file leaves out may have been looked at all the same; asking takes time where files are many.
      const isLarge = [...files.values()].reduce((sum, size) => sum + size, 0) >= LARGE_BYTES;
      return new Map(isLarge ? [...files].filter(([path]) => !isLeftOut(all, ignore, path)) : []);
    },
    tree: ignore ? leaveOut(all, ignore) : all,
    isLeftOut: (path: string) => isLeftOut(all, ignore, path),
  };
}

function onDisk(root: string, store: Store) {
  const tree = contextTree(root);
  return { tree, sizes: () => tree.sizes(), ...fileDigests(tree, store) };
}

function asTree(files: Layer | Tree, open: OpenContent) {
  return {
    tree: 'entries' in files ? stack([files]) : files,
    sizes: (): ReadonlyMap<string, number> => new Map(),
    digestOf: (file: FileEntry) => digestOfFile(open, file),
    save: () => Promise.resolve(),
  };
}
