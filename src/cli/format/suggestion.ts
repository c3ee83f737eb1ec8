/** What `decant base suggest` answers: a recipe, a line about it, or JSON. */
import { recipeText } from '../../distroless/suggest/recipe-text.ts';
import { formatPlatform, hostPlatform } from '../../oci/platform.ts';
import type { Answer } from '../commands/base-suggest.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatJson } from '../../report/text/json.ts';

/** The recipe with everything that is to be known of it in comments. */
export function suggestionRecipe({ what, platform, facts, suggestion }: Answer): string {
  const remarks = [`What ${what} asks for, found by decant base suggest.`];
  if (platform !== formatPlatform(hostPlatform()))
    remarks.push(`For ${platform}: build it with --platform ${platform}.`);
  if (suggestion.scratch) remarks.push('It needs nothing of a base: FROM scratch will do too.');
  if (facts.scripts.length > 0)
    remarks.push('Programs that its scripts run are not seen: add their packages.');
  return recipeText(suggestion.plan, { remarks });
}

/** `base-nossl and libpq5, 12 packages of Debian 13` */
export function formatSuggestion({ suggestion: { plan, solution } }: Answer): string {
  const parts = [plan.family, ...plan.extras.map((extra) => extra.package)];
  return `${parts.join(', ')}; ${formatCount(solution.packages.length, 'package')} of Debian ${plan.suite}`;
}

export function suggestionJson(answer: Answer): string {
  const { platform, facts, suggestion, better } = answer;
  const { plan, problems, solution, scratch } = suggestion;
  const installed = solution.packages.reduce((sum, { installedSize }) => sum + installedSize, 0);
  return formatJson({
    name: plan.name,
    suite: plan.suite,
    platform,
    base: plan.family,
    scratch,
    reasons: plan.reasons,
    packages: plan.extras.map(({ package: name, reasons }) => ({ name, reasons })),
    links: plan.links.map(({ path, target }) => ({ path, target })),
    environment: plan.environment,
    installedSize: installed * 1024,
    notes: facts.notes,
    problems: problems.map(({ kind, name, neededBy, text }) => ({ kind, name, neededBy, text })),
    ...(better !== undefined && { betterSuite: better }),
    recipe: problems.length > 0 ? null : suggestionRecipe(answer),
  });
}
