/** Secrets, and what is likely one. */
import { type AuditRule, rule } from './rule.ts';

export const SECRETS_RULES: readonly AuditRule[] = [
  rule(
    'secret',
    'Secret',
    'error',
    25,
    'secrets',
    'whoever can pull the image has it, and no later layer takes it back',
    'revoke it; use RUN --mount=type=secret while building, and give it at run time',
  ),
  rule(
    'likely-secret',
    'Likely secret',
    'warning',
    10,
    'secrets',
    'its name says that it is one, and it has a value',
    'use RUN --mount=type=secret while building, and give it at run time',
  ),
  rule(
    'sample-secret',
    'Sample secret',
    'note',
    0,
    undefined,
    'a key among tests or examples is mostly public, and of no use; look at it once',
    'leave tests and examples out of the image',
  ),
  rule(
    'credentials-file',
    'File for credentials',
    'warning',
    5,
    'secrets',
    'this is where programs keep their credentials',
    'leave it out; give credentials at run time',
  ),
  rule(
    'keystore',
    'Store of keys',
    'warning',
    5,
    'secrets',
    'a store of keys with a password is a secret with a delay',
    'mount it at run time',
  ),
  rule(
    'shell-history',
    'History of a shell',
    'warning',
    5,
    'secrets',
    'commands as they were typed, passwords among them',
    'leave it out',
  ),
];
