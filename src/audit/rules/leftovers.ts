/** What was left behind of the development. */
import { type AuditRule, LEAVE_OUT, rule } from './rule.ts';

export const LEFTOVERS_RULES: readonly AuditRule[] = [
  rule(
    'repository',
    'Repository of the source',
    'warning',
    8,
    'source',
    'the whole history, with whatever was once committed',
    'put .git into .dockerignore',
  ),
  rule('source-code', 'Source code', 'note', 3, 'source', 'tells an intruder where the holes are', LEAVE_OUT),
  rule(
    'headers',
    'Headers of a compiler',
    'note',
    2,
    'source',
    'with a compiler brought along, an exploit is built here',
    LEAVE_OUT,
  ),
];
