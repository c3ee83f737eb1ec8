/** The rules of the audit: what each is worth, why it counts, and what to do about it. docs/audit.md lists them. */
import { ACCESS_RULES } from './rules/access.ts';
import { CONFIG_RULES } from './rules/config.ts';
import { LEFTOVERS_RULES } from './rules/leftovers.ts';
import { PROGRAM_RULES } from './rules/programs.ts';
import { RIGHTS_RULES } from './rules/rights.ts';
import type { AuditRule } from './rules/rule.ts';
import { SECRETS_RULES } from './rules/secrets.ts';

/** The version of everything below, points among it. */
export const SCORE_VERSION = 1;

export const AUDIT_RULES: readonly AuditRule[] = [
  ...PROGRAM_RULES,
  ...RIGHTS_RULES,
  ...SECRETS_RULES,
  ...ACCESS_RULES,
  ...LEFTOVERS_RULES,
  ...CONFIG_RULES,
];

const BY_NAME: ReadonlyMap<string, AuditRule> = new Map(AUDIT_RULES.map((each) => [each.name, each]));

/** A name that is none is a fault of the caller. */
export function auditRule(name: string): AuditRule {
  const found = BY_NAME.get(name);
  if (!found) throw new TypeError(`there is no rule ${name}`);
  return found;
}
