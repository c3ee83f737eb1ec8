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
import { takenFiles } from '../large-context.ts';
import type { TakenFiles } from '../large-context.ts';
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
  readonly taken?: TakenFiles;
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
    /** What was taken of the main context, where that is a directory. */
    taken: (): TakenFiles | undefined => opened.get('')?.taken,
    save: async (): Promise<void> => {
      for (const context of opened.values()) await context.save();
    },
  };
}

function openNow(source: ContextSource | undefined, store: Store, open: OpenContent): Opened {
  if (!source) {
    throw new DecantError('COPY_SOURCE_MISSING', 'there is no build context to copy from', {
      hint: 'give a directory instead of "-", or a tar archive on standard input',
    });
  }
  const { files, ignore } = source;
  const { tree: all, ...rest } = typeof files === 'string' ? onDisk(files, store) : asTree(files, open);
  return {
    ...rest,
    tree: ignore ? leaveOut(all, ignore) : all,
    isLeftOut: (path: string) => isLeftOut(all, ignore, path),
  };
}

function onDisk(root: string, store: Store) {
  const context = contextTree(root);
  const taken = takenFiles();
  const { digestOf, checkSame, save } = fileDigests(context, store, taken.add);
  const tree: Tree = {
    list: context.list,
    get(path) {
      const node = context.get(path);
      checkSame(path, node);
      return node;
    },
  };
  return { tree, taken, digestOf, save };
}

function asTree(files: Layer | Tree, open: OpenContent) {
  return {
    tree: 'entries' in files ? stack([files]) : files,
    digestOf: (file: FileEntry) => digestOfFile(open, file),
    save: () => Promise.resolve(),
  };
}
