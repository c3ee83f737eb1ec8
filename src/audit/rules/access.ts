/** Ways in, and ways to stay. */
import { type AuditRule, rule } from './rule.ts';

export const ACCESS_RULES: readonly AuditRule[] = [
  rule(
    'empty-password',
    'Account without a password',
    'error',
    10,
    'access',
    'anyone may log in',
    'lock it: passwd -l',
  ),
  rule(
    'second-root',
    'Second account with the number of root',
    'error',
    6,
    'access',
    'a root that nobody looks for',
    'remove the account',
  ),
  rule(
    'password-hash',
    'Account with a password',
    'warning',
    5,
    'access',
    'whoever has the image can try passwords on it for as long as it takes',
    'lock the account: passwd -l',
  ),
  rule(
    'sudo-without-password',
    'sudo without a password',
    'error',
    8,
    'access',
    'whoever is that user is root',
    'remove sudo, and the rule',
  ),
  rule(
    'authorized-keys',
    'Keys that may log in',
    'warning',
    6,
    'access',
    'a door that stands open to whoever has the other half',
    'remove them; enter with a debugger from outside instead',
  ),
  rule(
    'scheduled-job',
    'Scheduled job',
    'note',
    1,
    'access',
    'runs by itself, with rights of its own',
    'schedule from outside of the container',
  ),
];
