/**
 * Which of a base's packages are those of the bases that it stands on. The same packages give the same lower layers,
 * so images that stand on one base share what they have in common (docs/decisions/0003-layers-of-bases.md). The
 * answer is read from the packages themselves: a lock file gives the same levels as an index.
 */
import type { Deb } from '../debian/deb/deb.ts';
import { parseClauses, parseDependencies } from '../debian/dependency.ts';
import type { Recipe } from './recipe.ts';

export interface Level {
  readonly recipe: Recipe;
  readonly debs: readonly Deb[];
}

/** From the lowest up; the last is the recipe itself, with all packages. One of which something is missing is left out. */
export function levelsOf(recipe: Recipe, debs: readonly Deb[]): readonly Level[] {
  const levels: Level[] = [{ recipe, debs }];
  let among = debs;
  for (let { below } = recipe; below; { below } = below) {
    const needed = sameRuntime(below, recipe) ? closure(below, among) : undefined;
    if (!needed) continue;
    levels.unshift({ recipe: below, debs: needed });
    among = needed;
  }
  return levels;
}

/** Linked runtimes of other modules have nothing in common that a layer could have. */
function sameRuntime({ jlink }: Recipe, top: Recipe): boolean {
  return jlink === undefined || JSON.stringify(jlink) === JSON.stringify(top.jlink);
}

/** What a recipe's packages need of what is there; undefined where it has not all of that. */
function closure(recipe: Recipe, debs: readonly Deb[]): readonly Deb[] | undefined {
  const providers = providersOf(debs);
  const excluded = new Set(recipe.exclude.map((each) => each.package));
  const taken = new Set<Deb>();
  // A set visits what is added to it on the way.
  for (const wanted of recipe.packages) {
    const found = providers.get(nameOf(wanted));
    if (!found) return undefined;
    taken.add(found);
  }
  for (const { control } of taken) {
    for (const field of ['Pre-Depends', 'Depends']) {
      for (const clause of parseClauses(control.get(field) ?? '')) {
        if (clause.some(({ name }) => excluded.has(name))) continue;
        const found = clause.flatMap(({ name }) => providers.get(name) ?? [])[0];
        if (!found) return undefined;
        taken.add(found);
      }
    }
  }
  return debs.filter((deb) => taken.has(deb));
}

/** Each package by its name, and by what it provides where no package has that name. */
function providersOf(debs: readonly Deb[]): ReadonlyMap<string, Deb> {
  const providers = new Map<string, Deb>();
  for (const deb of debs) {
    for (const { name } of parseDependencies(deb.control.get('Provides') ?? ''))
      if (!providers.has(name)) providers.set(name, deb);
  }
  for (const deb of debs) providers.set(deb.name, deb);
  return providers;
}

/** Of `name`, `name=version`, `name/suite`, `name (>= version)`. */
function nameOf(request: string): string {
  return /^[^\s=/(]*/.exec(request.trim())?.[0] ?? request;
}
