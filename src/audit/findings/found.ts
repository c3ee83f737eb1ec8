/** Making findings: what all of them have, filled in from the rule. */
import { auditRule } from '../rules.ts';
import type { Finding } from '../types.ts';

export function found(
  rule: string,
  message: string,
  more: Partial<Omit<Finding, 'rule' | 'message'>> = {},
): Finding {
  const { level, points } = auditRule(rule);
  return { rule, level, points, message, state: 'visible', ...more };
}
