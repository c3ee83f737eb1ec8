/** Files whose names say that programs keep credentials in them, and what is found when they are read. */
import { parentOf } from '../../tree/path.ts';
import { isSecretSetting, passwordsInAddresses } from './names.ts';

interface FileRule {
  readonly pattern: RegExp;
  /** Rule of the finding. */
  readonly rule: string;
  readonly what: string;
  /** Whether the content holds something; without it the name is enough. Undefined stands for nothing. */
  readonly holds?: (text: string) => string | undefined;
}

/** No file of these is larger, and a larger one is something else. */
export const MAX_CREDENTIALS_BYTES = 512 * 1024;

const FILE_RULES: readonly FileRule[] = [
  {
    pattern: /(?:^|\/)\.env(?:\.[\w-]+)?$|(?:^|\/)[\w-]+\.env$/,
    rule: 'secret',
    what: 'variables of the application',
    holds: settings,
  },
  {
    pattern: /(?:^|\/)\.netrc$|(?:^|\/)_netrc$/,
    rule: 'secret',
    what: 'passwords of hosts',
    holds: (text) => match(text, /\bpassword\s+\S+/, 'a password'),
  },
  { pattern: /(?:^|\/)\.git-credentials$/, rule: 'secret', what: 'passwords of git', holds: addresses },
  { pattern: /(?:^|\/)\.git\/config$/, rule: 'secret', what: 'settings of a repository', holds: addresses },
  {
    pattern: /(?:^|\/)\.npmrc$/,
    rule: 'secret',
    what: 'settings of npm',
    holds: (text) => match(text, /^[^#;\n]*:?_(?:password|auth)\s*=\s*["']?[\w+/=]{8,}/m, 'a password'),
  },
  {
    pattern: /(?:^|\/)\.yarnrc(?:\.yml)?$/,
    rule: 'secret',
    what: 'settings of yarn',
    holds: (text) => match(text, /npmAuth(?:Token|Ident):\s*["']?[\w.:/+=-]{8,}/, 'a token'),
  },
  {
    pattern: /(?:^|\/)(?:\.pypirc|pip\.conf)$/,
    rule: 'secret',
    what: 'settings of Python packages',
    holds: (text) => match(text, /^\s*password\s*[=:]\s*\S{4,}/m, 'a password') ?? addresses(text),
  },
  {
    pattern: /(?:^|\/)\.(?:docker\/config\.json|dockercfg)$/,
    rule: 'secret',
    what: 'passwords of registries',
    holds: (text) =>
      match(text, /"auth"\s*:\s*"[A-Za-z0-9+/=]{8,}"|"identitytoken"\s*:\s*"[^"]{8,}"/, 'a password'),
  },
  {
    pattern: /(?:^|\/)containers\/auth\.json$/,
    rule: 'secret',
    what: 'passwords of registries',
    holds: (text) => match(text, /"auth"\s*:\s*"[A-Za-z0-9+/=]{8,}"/, 'a password'),
  },
  {
    pattern: /(?:^|\/)\.aws\/credentials$/,
    rule: 'secret',
    what: 'credentials of AWS',
    holds: (text) => match(text, /^\s*aws_(?:secret_access_key|session_token)\s*=\s*\S{16,}/m, 'a key'),
  },
  {
    pattern: /(?:^|\/)(?:\.kube\/config|kubeconfig)$/,
    rule: 'secret',
    what: 'credentials of a cluster',
    holds: (text) => match(text, /^\s*(?:client-key-data|token|password):\s*\S{8,}/m, 'a key'),
  },
  {
    pattern: /(?:^|\/)(?:application_default_credentials|credentials|service[_-]?account[\w-]*)\.json$/,
    rule: 'secret',
    what: 'credentials of Google Cloud',
    holds: (text) => match(text, /"(?:refresh_token|client_secret|private_key)"\s*:\s*"[^"]{8,}"/, 'a key'),
  },
  {
    pattern: /(?:^|\/)\.azure\/(?:accessTokens|msal_token_cache|azureProfile)\.json$/,
    rule: 'secret',
    what: 'credentials of Azure',
    holds: (text) => match(text, /"(?:secret|refreshToken|accessToken)"\s*:\s*"[^"]{8,}"/, 'a token'),
  },
  {
    pattern: /(?:^|\/)\.pgpass$/,
    rule: 'secret',
    what: 'passwords of PostgreSQL',
    holds: (text) => match(text, /^[^#\n]*(?::[^:\n]*){3}:[^:\n]{2,}$/m, 'a password'),
  },
  {
    pattern: /(?:^|\/)\.my\.cnf$/,
    rule: 'secret',
    what: 'passwords of MySQL',
    holds: (text) => match(text, /^\s*password\s*=\s*\S{3,}/m, 'a password'),
  },
  {
    pattern: /(?:^|\/)\.htpasswd$/,
    rule: 'secret',
    what: 'passwords of a web server',
    holds: (text) => match(text, /^[^:\n]+:(?:\$|\{SHA\}|[./A-Za-z0-9]{13}$)/m, 'a hash'),
  },
  {
    pattern: /(?:^|\/)[\w.-]+\.tfstate$/,
    rule: 'secret',
    what: 'state of Terraform',
    holds: (text) =>
      match(text, /"(?:password|secret|private_key(?:_pem)?|access_key|token)"\s*:\s*"[^"]{4,}"/, 'a secret'),
  },
  {
    pattern: /(?:^|\/)\.vault-token$/,
    rule: 'secret',
    what: 'token of Vault',
    holds: (text) => match(text, /^\S{16,}\s*$/, 'a token'),
  },
  {
    pattern: /(?:^|\/)\.config\/gh\/hosts\.yml$/,
    rule: 'secret',
    what: 'token of GitHub',
    holds: (text) => match(text, /oauth_token:\s*\S{8,}/, 'a token'),
  },
  {
    pattern: /(?:^|\/)wp-config\.php$/,
    rule: 'secret',
    what: 'settings of WordPress',
    holds: (text) =>
      match(text, /define\(\s*['"]DB_PASSWORD['"]\s*,\s*['"](?!password_here)[^'"]{2,}/, 'a password'),
  },
  { pattern: /\.(?:kdbx?|agilekeychain|opvault)$/, rule: 'keystore', what: 'store of passwords' },
  { pattern: /\.(?:p12|pfx|jks|keystore|bks)$/, rule: 'keystore', what: 'store of keys' },
  { pattern: /(?:^|\/)(?:etc\/krb5\.keytab|[\w-]+\.keytab)$/, rule: 'keystore', what: 'keys of Kerberos' },
  {
    pattern: /(?:^|\/)\.(?:bash|zsh|ash|sh|python|node_repl|mysql|psql|sqlite|rediscli)_history$/,
    rule: 'shell-history',
    what: 'history of commands',
    holds: (text) => (text.trim() === '' ? undefined : 'commands'),
  },
];

export interface FileSecret {
  readonly rule: string;
  /** `variables of the application (API_TOKEN)` */
  readonly what: string;
}

/** Whether a file's content is wanted, by its path. */
export function isCredentialsPath(path: string): boolean {
  return FILE_RULES.some(({ pattern }) => pattern.test(path)) && !isCertificateStore(path);
}

/** @param content Undefined for a file that was too large to be kept. */
export function fileSecrets(path: string, content: Uint8Array | undefined): readonly FileSecret[] {
  if (isCertificateStore(path)) return [];
  return FILE_RULES.flatMap(({ pattern, rule, what, holds }) => {
    if (!pattern.test(path)) return [];
    if (!holds) return [{ rule, what }];
    const inside = content && holds(Buffer.from(content).toString('utf8'));
    return inside === undefined ? [] : [{ rule, what: `${what} (${inside})` }];
  });
}

/** Java's list of authorities has the form of a store of keys, and no key in it. */
function isCertificateStore(path: string): boolean {
  return (
    /(?:^|\/)cacerts$/.test(path) ||
    /(?:^|\/)cacerts(?:\.jks)?$/.test(path) ||
    parentOf(path).endsWith('etc/ssl/certs/java')
  );
}

function match(text: string, pattern: RegExp, what: string): string | undefined {
  return pattern.test(text) ? what : undefined;
}

function addresses(text: string): string | undefined {
  return passwordsInAddresses(text).length > 0 ? 'an address with a password' : undefined;
}

/** Names of the variables that are secret, not their values. */
function settings(text: string): string | undefined {
  const names = text.split('\n').flatMap((line) => {
    const [, name = '', value = ''] = /^\s*(?:export\s+)?([\w.-]+)\s*[=:]\s*(.*)$/.exec(line) ?? [];
    return isSecretSetting(name, value) || passwordsInAddresses(value).length > 0 ? [name] : [];
  });
  return names.length > 0 ? names.slice(0, 5).join(', ') : undefined;
}
