/** All rules there are. */
import type { Rule } from '../dockerfile/lint/rule.ts';
import { BUILDKIT_RULES } from '../dockerfile/lint/rules.ts';
import { OWN_RULES } from './own-rules.ts';

export const ALL_RULES: readonly Rule[] = [
  ...Object.values(BUILDKIT_RULES).toSorted(byName),
  ...Object.values(OWN_RULES).toSorted(byName),
];

function byName(one: Rule, other: Rule): number {
  return one.name < other.name ? -1 : 1;
}
