/**
 * Shapes of secrets that can be told from any other text by how they begin. Each has a word that is looked for in every
 * byte of an image, a pattern for what follows, and a check (token-checks.ts) that tells a secret from an example of one.
 */
import { createHash } from 'node:crypto';
import type { ScanWord } from '../scan/scanner.ts';
import { isAws, isGitHub, isJwt, isKey, isRandom } from './token-checks.ts';

export interface TokenRule extends ScanWord {
  readonly id: string;
  /** What it is called in findings. */
  readonly name: string;
  /** False for what only looks like one. Without it the pattern is enough. */
  readonly check?: (text: string) => boolean;
  /** Characters that may be shown: the part that all such secrets have. */
  readonly shown: number;
}

/** A JSON object whose first key begins with a, t or k (alg, typ, kid), in base64. */
const JWT: readonly TokenRule[] = ['eyJh', 'eyJ0', 'eyJr'].map((word) => ({
  id: 'jwt',
  name: 'signed token (JWT)',
  word,
  pattern:
    /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{14,600}\.eyJ[A-Za-z0-9_-]{14,3000}\.[A-Za-z0-9_-]{32,1000}(?![A-Za-z0-9_-])/y,
  before: 4,
  after: 4700,
  check: isJwt,
  shown: 3,
}));

export const TOKEN_RULES: readonly TokenRule[] = [
  {
    id: 'private-key',
    name: 'private key',
    word: 'PRIVATE KEY-----',
    pattern:
      /PRIVATE KEY-----(?:\\n|\\r|\s)+(?:[A-Za-z-]+: [^\n\\]*(?:\\n|\\r|\s)+)*[A-Za-z0-9+/=\s\\]{64,}/y,
    before: 0,
    after: 8000,
    check: isKey,
    shown: 11,
  },
  {
    id: 'putty-key',
    name: 'private key of PuTTY',
    word: 'PuTTY-User-Key-File-',
    pattern: /PuTTY-User-Key-File-[23]: [\s\S]{0,4000}Private-Lines: \d/y,
    before: 0,
    after: 4096,
    shown: 21,
  },
  token('age-key', 'key of age', 'AGE-SECRET-KEY-1', /AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]{58}(?![A-Z0-9])/y),
  token(
    'aws-key',
    'access key of AWS',
    'AKIA',
    /(?<![A-Za-z0-9+/])AKIA[A-Z2-7]{16}(?![A-Za-z0-9+/=])/y,
    isAws,
  ),
  token(
    'aws-key',
    'access key of AWS',
    'ASIA',
    /(?<![A-Za-z0-9+/])ASIA[A-Z2-7]{16}(?![A-Za-z0-9+/=])/y,
    isAws,
  ),
  {
    id: 'aws-secret',
    name: 'secret key of AWS',
    word: 'aws_secret_access_key',
    pattern: /aws_secret_access_key["']?\s{0,4}[=:]\s{0,4}["']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])/y,
    before: 0,
    after: 96,
    check: (text) => isRandom(text.slice(-40)) && !/EXAMPLE/.test(text),
    shown: 0,
  },
  token(
    'github-token',
    'token of GitHub',
    'ghp_',
    /(?<![A-Za-z0-9_])ghp_[A-Za-z0-9]{36}(?![A-Za-z0-9])/y,
    isGitHub,
  ),
  token(
    'github-token',
    'token of GitHub',
    'gho_',
    /(?<![A-Za-z0-9_])gho_[A-Za-z0-9]{36}(?![A-Za-z0-9])/y,
    isGitHub,
  ),
  token(
    'github-token',
    'token of GitHub',
    'ghu_',
    /(?<![A-Za-z0-9_])ghu_[A-Za-z0-9]{36}(?![A-Za-z0-9])/y,
    isGitHub,
  ),
  token(
    'github-token',
    'token of GitHub',
    'ghs_',
    /(?<![A-Za-z0-9_])ghs_[A-Za-z0-9]{36}(?![A-Za-z0-9])/y,
    isGitHub,
  ),
  token(
    'github-token',
    'token of GitHub',
    'ghr_',
    /(?<![A-Za-z0-9_])ghr_[A-Za-z0-9]{36}(?![A-Za-z0-9])/y,
    isGitHub,
  ),
  token(
    'github-token',
    'token of GitHub',
    'github_pat_',
    /github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}(?![A-Za-z0-9])/y,
  ),
  token(
    'gitlab-token',
    'token of GitLab',
    'glpat-',
    /(?<![A-Za-z0-9_])glpat-[A-Za-z0-9_-]{20,64}(?:\.[a-z0-9]{2}\.[a-z0-9]{9})?(?![A-Za-z0-9_-])/y,
  ),
  token(
    'gitlab-token',
    'token of GitLab',
    'gldt-',
    /(?<![A-Za-z0-9_])gldt-[A-Za-z0-9_-]{20,64}(?![A-Za-z0-9_-])/y,
  ),
  token(
    'gitlab-token',
    'token of GitLab',
    'glrt-',
    /(?<![A-Za-z0-9_])glrt-[A-Za-z0-9_-]{20,64}(?![A-Za-z0-9_-])/y,
  ),
  token(
    'slack-token',
    'token of Slack',
    'xoxb-',
    /xoxb-\d{8,14}-\d{8,14}-[A-Za-z0-9]{20,32}(?![A-Za-z0-9])/y,
  ),
  token(
    'slack-token',
    'token of Slack',
    'xoxp-',
    /xoxp-(?:\d{8,14}-){2,3}[A-Za-z0-9]{20,40}(?![A-Za-z0-9])/y,
  ),
  token(
    'slack-token',
    'token of Slack',
    'xapp-',
    /xapp-\d-[A-Z0-9]{8,14}-\d{8,16}-[a-f0-9]{40,80}(?![a-f0-9])/y,
  ),
  token(
    'slack-hook',
    "address of Slack's that takes messages",
    'hooks.slack.com/services/',
    /hooks\.slack\.com\/services\/T[A-Z0-9]{8,12}\/B[A-Z0-9]{8,12}\/[A-Za-z0-9]{20,28}(?![A-Za-z0-9])/y,
    isRandom,
    25,
  ),
  token(
    'stripe-key',
    'key of Stripe',
    'sk_live_',
    /(?<![A-Za-z0-9_])sk_live_[A-Za-z0-9]{20,120}(?![A-Za-z0-9])/y,
  ),
  token(
    'stripe-key',
    'key of Stripe',
    'rk_live_',
    /(?<![A-Za-z0-9_])rk_live_[A-Za-z0-9]{20,120}(?![A-Za-z0-9])/y,
  ),
  token(
    'anthropic-key',
    'key of Anthropic',
    'sk-ant-',
    /sk-ant-[a-z]{2,8}\d{2}-[A-Za-z0-9_-]{80,120}(?![A-Za-z0-9_-])/y,
  ),
  token('openai-key', 'key of OpenAI', 'sk-proj-', /sk-proj-[A-Za-z0-9_-]{40,200}(?![A-Za-z0-9_-])/y),
  token('openai-key', 'key of OpenAI', 'T3BlbkFJ', /T3BlbkFJ[A-Za-z0-9]{20}(?![A-Za-z0-9])/y),
  token('google-key', 'key of Google', 'AIza', /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])/y),
  token('google-secret', 'client secret of Google', 'GOCSPX-', /GOCSPX-[A-Za-z0-9_-]{28}(?![A-Za-z0-9_-])/y),
  token(
    'google-token',
    'access token of Google',
    'ya29.',
    /(?<![A-Za-z0-9])ya29\.[A-Za-z0-9_-]{60,300}(?![A-Za-z0-9_-])/y,
  ),
  token(
    'npm-token',
    'token of npm',
    'npm_',
    /(?<![A-Za-z0-9_])npm_[A-Za-z0-9]{36}(?![A-Za-z0-9_])/y,
    isGitHub,
  ),
  token(
    'npm-token',
    'token of a registry of npm',
    ':_authToken=',
    /:_authToken=["']?[A-Za-z0-9_.=/+-]{20,200}/y,
    (text) => isRandom(text.slice(text.indexOf('=') + 1)),
    12,
  ),
  token(
    'pypi-token',
    'token of PyPI',
    'pypi-AgEIcHlwaS5vcmc',
    /pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,300}(?![A-Za-z0-9_-])/y,
  ),
  token('rubygems-key', 'key of RubyGems', 'rubygems_', /rubygems_[a-f0-9]{48}(?![a-f0-9])/y),
  token('docker-token', 'token of Docker Hub', 'dckr_pat_', /dckr_pat_[A-Za-z0-9_-]{27}(?![A-Za-z0-9_-])/y),
  token(
    'docker-token',
    'token of Docker Hub',
    'dckr_oat_',
    /dckr_oat_[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])/y,
  ),
  token('digitalocean-token', 'token of DigitalOcean', 'dop_v1_', /dop_v1_[a-f0-9]{64}(?![a-f0-9])/y),
  token('shopify-token', 'token of Shopify', 'shpat_', /shpat_[a-fA-F0-9]{32}(?![a-fA-F0-9])/y),
  token(
    'huggingface-token',
    'token of Hugging Face',
    'hf_',
    /(?<![A-Za-z0-9_])hf_[A-Za-z]{34}(?![A-Za-z0-9_])/y,
  ),
  token(
    'vault-token',
    'token of Vault',
    'hvs.',
    /(?<![A-Za-z0-9_])hvs\.[A-Za-z0-9_-]{90,120}(?![A-Za-z0-9_-])/y,
  ),
  token('grafana-token', 'token of Grafana', 'glsa_', /glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}(?![a-f0-9])/y),
  token(
    'databricks-token',
    'token of Databricks',
    'dapi',
    /(?<![A-Za-z0-9])dapi[a-f0-9]{32}(?:-\d)?(?![A-Za-z0-9])/y,
  ),
  token('newrelic-key', 'key of New Relic', 'NRAK-', /NRAK-[A-Z0-9]{27}(?![A-Z0-9])/y),
  token('sendinblue-key', 'key of Brevo', 'xkeysib-', /xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}(?![A-Za-z0-9])/y),
  token(
    'sendgrid-key',
    'key of SendGrid',
    'SG.',
    /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/y,
  ),
  token('pulumi-token', 'token of Pulumi', 'pul-', /(?<![A-Za-z0-9-])pul-[a-f0-9]{40}(?![a-f0-9])/y),
  token('postman-key', 'key of Postman', 'PMAK-', /PMAK-[a-f0-9]{24}-[a-f0-9]{34}(?![a-f0-9])/y),
  token(
    'atlassian-token',
    'token of Atlassian',
    'ATATT3',
    /ATATT3[A-Za-z0-9_=-]{180,200}(?![A-Za-z0-9_=-])/y,
  ),
  token('linear-key', 'key of Linear', 'lin_api_', /lin_api_[A-Za-z0-9]{40}(?![A-Za-z0-9])/y),
  token('figma-token', 'token of Figma', 'figd_', /figd_[A-Za-z0-9_-]{40}(?![A-Za-z0-9_-])/y),
  token('supabase-key', 'key of Supabase', 'sbp_', /(?<![A-Za-z0-9])sbp_[a-f0-9]{40}(?![a-f0-9])/y),
  token(
    'telegram-token',
    'token of a Telegram bot',
    ':AAE',
    /(?<=(?<!\d)\d{8,10}):AAE[A-Za-z0-9_-]{32}(?![A-Za-z0-9_-])/y,
  ),
  token(
    'azure-key',
    'key of a storage account of Azure',
    'AccountKey=',
    /AccountKey=[A-Za-z0-9+/]{86}==/y,
    (text) =>
      isRandom(text.slice(11)) &&
      !text.includes('Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq'),
    11,
  ),
  ...JWT,
];

function token(
  id: string,
  name: string,
  word: string,
  pattern: RegExp,
  check: (text: string) => boolean = (text) => isRandom(text.slice(word.length)),
  shown = word.length,
): TokenRule {
  return { id, name, word, pattern, before: 16, after: 400, check, shown };
}

/** What is shown of a secret: what all of its kind have, how long it is, and a fingerprint to tell it from others. */
export function masked(rule: Pick<TokenRule, 'shown'>, text: string): string {
  const fingerprint = createHash('sha256').update(text, 'latin1').digest('hex').slice(0, 8);
  return `${text.slice(0, rule.shown)}… (${text.length} characters, fingerprint ${fingerprint})`;
}
