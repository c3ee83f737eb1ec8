/** ELF files of a tree by path, read when the loader asks for them and kept. */
import { isElf, readElf } from '../../codec/elf.ts';
import type { OpenContent } from '../../tree/pack.ts';
import { resolvePath, type Tree } from '../../tree/tree.ts';
import type { NativeObject } from './facts.ts';
import type { FindObject, FoundObject } from './loader.ts';
import { readWhole } from '../contents/read.ts';

/** Those of a base. */
export function objectsOfTree(tree: Tree, open: OpenContent): FindObject {
  const known = new Map<string, FoundObject | undefined>();
  return async (path) => {
    const real = realPath(tree, path);
    if (known.has(real)) return known.get(real);
    const file = tree.get(real);
    const bytes = file?.type === 'file' ? await readWhole(open, file) : undefined;
    const elf = bytes && isElf(bytes) ? readElf(bytes) : undefined;
    const found = elf && { path: real, elf };
    known.set(real, found);
    return found;
  };
}

/** Those of an application, which were read before; what is in archives stands below the archive's name. */
export function objectsOf(tree: Tree, objects: ReadonlyMap<string, NativeObject>): FindObject {
  return (path) => {
    const real = path.includes('!/') ? path : realPath(tree, path);
    const object = objects.get(real);
    return Promise.resolve(object && { path: real, elf: object.elf });
  };
}

/** Links that lead in a circle lead to nothing that could be loaded. */
function realPath(tree: Tree, path: string): string {
  try {
    return resolvePath(tree, path);
  } catch {
    return path;
  }
}
