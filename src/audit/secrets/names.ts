/** Secrets that only a name tells: variables, build arguments, labels, keys of settings files. */
import { entropyOf } from './token-checks.ts';

const NAME =
  /(?:^|[_.-])(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|signing[_-]?key|encryption[_-]?key|credentials?|auth[_-]?key)(?:$|[_.-](?:base64|b64|value|default|prod|production|dev|test|\d+)$)/i;
/** Glued without a sign between: DBPASSWORD, mysqlRootPassword, authToken. */
const GLUED = /(?:password|passwd|secretkey|apikey|authtoken|accesstoken|clientsecret)$/i;
/** Values that are no secret: nothing, references to one elsewhere, switches, and words that only hold a place. */
const PLACEHOLDER =
  /^(?:|[*.x_-]+|true|false|yes|no|on|off|none|null|nil|undefined|disabled|optional|required|\d{1,3}|\$.*|%.*%|<.*>|\{\{.*\}\}|\[.*\]|(?:env|file|vault|secret|ref)[:/].*|\/(?:run|var|etc|mnt|secrets)\/.*|your[-_ ].*|.*(?:placeholder|redacted|example|insert[-_ ]|replace[-_ ]?me).*)$/i;

export function isSecretName(name: string): boolean {
  return NAME.test(name) || GLUED.test(name);
}

export function isSecretSetting(name: string, value: string): boolean {
  const plain = unquote(value.trim());
  return isSecretName(name) && plain.length >= 4 && !PLACEHOLDER.test(plain) && entropyOf(plain) > 1;
}

/** An address with a password in it: `postgres://app:s3cret@db/`. */
const ADDRESS = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"']{1,64}:([^\s:/@"']{3,128})@[\w.-]/gi;

export function passwordsInAddresses(text: string): readonly string[] {
  return [...text.matchAll(ADDRESS)]
    .map(([, password = '']) => password)
    .filter((password) => !PLACEHOLDER.test(password) && !/^(?:pass(?:word)?|pwd|secret)$/i.test(password));
}

export function unquote(value: string): string {
  return /^(["']).*\1$/s.test(value) ? value.slice(1, -1) : value;
}
