/** Values that look like secrets, by the forms that issuers give theirs. The value itself is never repeated. */
import type { FromInstruction, Instruction } from '../dockerfile/instruction.ts';
import type { Reporter } from '../dockerfile/lint/reporter.ts';
import { OWN_RULES as RULES } from './own-rules.ts';

const FORMS: readonly (readonly [what: string, form: RegExp])[] = [
  ['an AWS access key', /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})/],
  ['a GitLab token', /\bglpat-[A-Za-z0-9_-]{20}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}/],
  ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{10}/],
  ['a Stripe key', /\b[rs]k_live_[A-Za-z0-9]{20}/],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}/],
  ['a private key', /-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----/],
  ['a password in a URL', /\b[a-z][a-z0-9+]{1,15}:\/\/[^\s/:@$'"{}]{1,100}:[^\s/:@$'"{}]{3,100}@/],
];

export function checkSecretValues(instruction: Instruction | FromInstruction, reporter: Reporter): void {
  const bodies = 'heredocs' in instruction ? instruction.heredocs.map(({ content }) => content) : [];
  for (const [what, form] of FORMS) {
    if (![instruction.text, ...bodies].some((text) => form.test(text))) continue;
    const message = `${instruction.keyword.toUpperCase()} has what looks like ${what}`;
    reporter.report(RULES.SecretValue, instruction.lines, message);
  }
}
