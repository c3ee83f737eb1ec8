/** Of the bases that cover what is needed, the one with which everything together is smallest. */
import type { Archive } from '../../debian/archive.ts';
import { type Solution, solve } from '../../debian/solver/solve.ts';
import { catalogueRecipe } from '../catalogue/catalogue.ts';
import type { Recipe } from '../recipe.ts';
import { parseRecipe } from '../recipe-file.ts';
import type { Extra, Plan } from './plan.ts';
import { recipeText } from './recipe-text.ts';

/** The recipe that a plan's text says: what is tried is what is written. */
export function recipeOf(plan: Plan): Recipe {
  return parseRecipe({ text: recipeText(plan), file: 'suggested.yaml', lookUp: catalogueRecipe });
}

export function solvePlan(plan: Plan, { index }: Pick<Archive, 'index'>): Solution {
  const recipe = recipeOf(plan);
  return solve(index, { packages: recipe.packages, exclude: recipe.exclude.map((one) => one.package) });
}

/** The plan on the family with the fewest kibibytes, then the fewest packages to name; nothing named in vain. */
export function smallestPlan(plan: Plan, families: readonly string[], archive: Pick<Archive, 'index'>): Plan {
  const tried = families.map((family) => {
    const on = withoutImplied({ ...plan, family }, archive);
    const size = solvePlan(on, archive).packages.reduce((sum, { installedSize }) => sum + installedSize, 0);
    return { plan: on, size };
  });
  const [first] = tried.toSorted((a, b) => a.size - b.size || a.plan.extras.length - b.plan.extras.length);
  return first?.plan ?? plan;
}

/** Leaves out what the base has, or what comes with another package that is named. */
export function withoutImplied(plan: Plan, archive: Pick<Archive, 'index'>): Plan {
  let extras = plan.extras.toSorted(byName);
  for (const extra of extras) {
    const others = extras.filter((one) => one !== extra);
    const { packages } = solvePlan({ ...plan, extras: others }, archive);
    if (packages.some(({ name }) => name === extra.package)) extras = others;
  }
  return { ...plan, extras };
}

function byName(a: Extra, b: Extra): number {
  return a.package < b.package ? -1 : 1;
}
