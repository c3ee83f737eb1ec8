/** A plan as a recipe in YAML, with the reason for every line of it in comments. */
import type { Plan, Reason } from './plan.ts';

export interface RecipeTextOptions {
  /** Lines above the recipe. */
  readonly remarks?: readonly string[];
}

/** The recipe alone is the same value whatever the comments are (recipe-file.ts reads it back). */
export function recipeText(plan: Plan, { remarks = [] }: RecipeTextOptions = {}): string {
  const { name, suite, family, reasons, extras, links, environment } = plan;
  const lines = [
    ...remarks.map((remark) => `# ${plain(remark)}`),
    `name: ${JSON.stringify(plain(name))}`,
    `suite: ${suite}`,
    ...reasonLines(reasons, ''),
    `from: ${family}`,
  ];
  if (extras.length > 0) lines.push('packages:');
  for (const extra of extras) lines.push(...reasonLines(extra.reasons, '  '), `  - ${extra.package}`);
  if (links.length > 0) lines.push('files:');
  for (const { path, target, reason } of links) {
    lines.push(
      ...reasonLines([reason], '  '),
      `  - { path: ${JSON.stringify(path)}, link: ${JSON.stringify(target)} }`,
    );
  }
  const variables = Object.entries(environment);
  if (variables.length > 0) lines.push('environment:');
  for (const [key, value] of variables) lines.push(`  ${key}: ${JSON.stringify(value)}`);
  return `${lines.join('\n')}\n`;
}

const MAX_REASONS = 3;

function reasonLines(reasons: readonly Reason[], indent: string): readonly string[] {
  const shown = reasons
    .slice(0, MAX_REASONS)
    .map(({ path, text }) => `${indent}# ${plain(`${path} ${text}`)}`);
  const more = reasons.length - shown.length;
  return more > 0 ? [...shown, `${indent}# and ${more} more`] : shown;
}

/** Names of files are anything; a comment is one line. */
function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, '?');
}
