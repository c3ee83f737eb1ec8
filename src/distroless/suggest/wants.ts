/** What a base lacks for an application: asked of the loader, and of the tree for what is named otherwise. */
import type { ApplicationFacts } from '../../inspect/application/facts.ts';
import { type FindObject, loadAll, type Loaded } from '../../inspect/application/loader.ts';
import { libraryFolders, type Machine } from '../../inspect/application/machine.ts';
import { resolvePath, type Tree } from '../../tree/tree.ts';
import type { Reason } from './plan.ts';

export interface Want {
  readonly kind: 'library' | 'loader' | 'program';
  /** Any one of these: sonames, or an absolute path. */
  readonly names: readonly string[];
  readonly reasons: readonly Reason[];
}

export interface Wants {
  readonly wants: readonly Want[];
  readonly loaded: Loaded;
}

export interface Base {
  readonly find: FindObject;
  /** Undefined before there is one. */
  readonly tree?: Tree;
}

export interface Placed {
  readonly facts: ApplicationFacts;
  readonly tree: Tree;
  readonly findOwn: FindObject;
  /** Where the application's tree is in the image, in tree form. */
  readonly at: string;
}

export async function wantsOf(
  { facts, tree, findOwn, at }: Placed,
  machine: Machine,
  base: Base,
): Promise<Wants> {
  const loaded = await loadAll({ objects: facts.objects, machine, findOwn, findBase: base.find, at });
  const wants: Want[] = [];
  for (const { name, neededBy } of loaded.missingLoaders)
    wants.push({ kind: 'loader', names: [name], reasons: reasons(neededBy, `is started by ${name}`) });
  for (const { name, neededBy } of loaded.missing)
    wants.push({ kind: 'library', names: [name], reasons: reasons(neededBy, `needs ${name}`) });
  const bundled = new Set([...facts.objects.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1)));
  for (const { anyOf, path, reason } of facts.named) {
    const there = await Promise.all(anyOf.map((name) => isThere(name, machine, base.find)));
    if (anyOf.some((name) => bundled.has(name)) || there.some(Boolean)) continue;
    wants.push({ kind: 'library', names: anyOf, reasons: reasons([path], reason) });
  }
  for (const { interpreter, path } of facts.scripts) {
    const inside = at === '' || interpreter.startsWith(`/${at}/`);
    const own = inside && exists(tree, interpreter.slice(at === '' ? 1 : at.length + 2));
    if (own || (base.tree && exists(base.tree, interpreter.slice(1)))) continue;
    wants.push({
      kind: 'program',
      names: [interpreter],
      reasons: reasons([path], `begins with #!${interpreter}`),
    });
  }
  return { wants, loaded };
}

async function isThere(name: string, machine: Machine, find: FindObject): Promise<boolean> {
  for (const folder of libraryFolders(machine)) if (await find(`${folder}/${name}`)) return true;
  return false;
}

function exists(tree: Tree, path: string): boolean {
  return tree.get(resolvePath(tree, path)) !== undefined;
}

function reasons(paths: readonly string[], text: string): readonly Reason[] {
  return paths.map((path) => ({ path, text }));
}
