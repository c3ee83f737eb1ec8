import { createHash, generateKeyPairSync } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { isSecretSetting, passwordsInAddresses } from './names.ts';
import { fileSecrets } from './files.ts';
import { masked, TOKEN_RULES } from './tokens.ts';

/** Rules that take a text for a secret. */
function rulesOf(text: string): readonly string[] {
  const found = TOKEN_RULES.filter(({ pattern, check }) => {
    const match = new RegExp(pattern.source).exec(text);
    return match && (check?.(match[0]) ?? true);
  });
  return [...new Set(found.map(({ id }) => id))];
}

/** Random enough, the same each time, and nobody's: made here so that no file has the whole of one. */
const letters = (count: number, alphabet = 'q7Rw2Zk9Xv4Bn8Mt3Lp6Hd5Gf1Js0cYuAeWi'): string =>
  Array.from({ length: count }, (_, index) => {
    const [byte = 0] = createHash('sha256').update(`${index} ${count}`).digest();
    return alphabet[byte % alphabet.length];
  }).join('');
const hex = (count: number): string => letters(count, '0f3a9c1e7b5d2846');

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
function withChecksum(body: string): string {
  let rest = crc32(Buffer.from(body));
  let digits = '';
  for (let count = 0; count < 6; count += 1) {
    digits = BASE62[rest % 62] + digits;
    rest = Math.floor(rest / 62);
  }
  return body + digits;
}

describe('is taken for a secret', () => {
  test.each([
    ['aws-key', `AKIA${letters(16, 'QWERTYUIOPASDFGH2345')}`],
    ['aws-secret', `aws_secret_access_key = ${letters(40)}`],
    ['github-token', `ghp_${withChecksum('a'.repeat(30))}`],
    ['github-token', `ghp_${letters(36)}`],
    ['github-token', `github_pat_${letters(22)}_${letters(59)}`],
    ['gitlab-token', `glpat-${letters(20)}`],
    ['slack-token', `xoxb-482910573-583920174-${letters(24)}`],
    ['slack-hook', `https://hooks.slack.com/services/T8A2C4E6G9/B1B3D5F7H8/${letters(24)}`],
    ['stripe-key', `sk_live_${letters(24)}`],
    ['anthropic-key', `sk-ant-api03-${letters(93)}`],
    ['openai-key', `sk-proj-${letters(64)}`],
    ['google-key', `AIza${letters(35)}`],
    ['npm-token', `npm_${letters(36)}`],
    ['npm-token', `//registry.example/:_authToken=${letters(36)}`],
    ['pypi-token', `pypi-AgEIcHlwaS5vcmc${letters(80)}`],
    ['docker-token', `dckr_pat_${letters(27)}`],
    ['digitalocean-token', `dop_v1_${hex(64)}`],
    ['huggingface-token', `hf_${letters(34, 'QwErTyUiOpAsDfGhJkLzXcVbNm')}`],
    ['sendgrid-key', `SG.${letters(22)}.${letters(43)}`],
    ['telegram-token', `4829105731:AAE${letters(32)}`],
    ['azure-key', `AccountKey=${letters(86)}==`],
    ['age-key', `AGE-SECRET-KEY-1${letters(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}`],
    [
      'jwt',
      `${Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')}.${Buffer.from('{"sub":"svc-17","role":"admin"}').toString('base64url')}.${letters(43)}`,
    ],
  ])('%s', (rule, text) => {
    expect(rulesOf(text)).toEqual([rule]);
    expect(rulesOf(`x = "${text}"\n`)).toEqual([rule]);
  });

  test.each([
    ['pkcs8', 'ed25519'],
    ['pkcs1', 'rsa'],
  ])('a private key in %s', (type, kind) => {
    const { privateKey } =
      kind === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: 1024 }) : generateKeyPairSync('ed25519');
    const pem = privateKey.export({ type: type as 'pkcs8', format: 'pem' }).toString();
    expect(rulesOf(pem)).toEqual(['private-key']);
    // As JSON has it.
    expect(rulesOf(JSON.stringify({ private_key: pem }))).toEqual(['private-key']);
  });
});

describe('is not taken for one', () => {
  test.each([
    ['the key of every AWS manual', 'AKIAIOSFODNN7EXAMPLE'],
    ['the end of one in a longer text', `XAKIA${letters(16, 'QWERTYUIOPASDFGH2345')}`],
    ['a form', 'ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'],
    ['a name of npm', 'npm_config_registry npm_package_name'],
    ['a heading', '-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----'],
    ['a constant in a library', '-----BEGIN RSA PRIVATE KEY-----\0-----END RSA PRIVATE KEY-----\0'],
    ['zeros', `-----BEGIN PRIVATE KEY-----\n${'A'.repeat(64)}\n${'A'.repeat(64)}\n`],
    [
      'the JWT of every manual',
      'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c',
    ],
    ['a class', 'AIzaClass'],
  ])('%s', (_, text) => {
    expect(rulesOf(text)).toEqual([]);
  });
});

test('a secret is never shown', () => {
  const text = `ghp_${letters(36)}`;
  const [rule] = TOKEN_RULES.filter(({ word }) => word === 'ghp_');
  const shown = masked(rule ?? { shown: 0 }, text);
  expect(shown).toMatch(/^ghp_… \(40 characters, fingerprint [0-9a-f]{8}\)$/);
});

describe('settings', () => {
  test.each([
    ['DB_PASSWORD', 'tr0ub4dor', true],
    ['MYSQL_ROOT_PASSWORD', 'hunter22', true],
    ['API_KEY', 'a1b2c3d4', true],
    ['authToken', 'a1b2c3d4', true],
    ['GPG_KEY', 'E3FF2839C048B25C084DEBE9B26995E310250568', false],
    ['PASSWORD_FILE', '/run/secrets/db', false],
    ['DB_PASSWORD', '/run/secrets/db', false],
    ['TOKEN', '${TOKEN}', false],
    ['TOKEN', '', false],
    ['SECRET_ENABLED', 'true', false],
    ['TOKENIZERS_PARALLELISM', 'false', false],
    ['PATH', '/usr/bin', false],
  ])('%s=%s: %s', (name, value, expected) => {
    expect(isSecretSetting(name, value)).toBe(expected);
  });

  test('passwords in addresses', () => {
    expect(passwordsInAddresses('postgres://app:s3cr3tpw@db/app')).toEqual(['s3cr3tpw']);
    expect(passwordsInAddresses('https://user:password@example.com http://host:80/ ssh://git@host/')).toEqual(
      [],
    );
  });

  test.each([
    ['app/.env', 'API_TOKEN=a1b2c3d4e5\nPORT=80\n', 'variables of the application (API_TOKEN)'],
    [
      'root/.docker/config.json',
      '{"auths":{"r":{"auth":"dXNlcjpwYXNzd29yZA=="}}}',
      'passwords of registries (a password)',
    ],
    ['root/.netrc', 'machine h login me password abc', 'passwords of hosts (a password)'],
    ['home/a/.bash_history', 'ls\n', 'history of commands (commands)'],
  ])('%s', (path, text, what) => {
    expect(fileSecrets(path, Buffer.from(text)).map((each) => each.what)).toEqual([what]);
  });

  test.each([
    ['app/.env', 'PORT=80\nAPI_TOKEN=\n'],
    ['root/.docker/config.json', '{"auths":{}}'],
    ['etc/ssl/certs/java/cacerts', 'x'],
    ['root/.npmrc', 'registry=https://registry.example/\n'],
  ])('nothing in %s', (path, text) => {
    expect(fileSecrets(path, Buffer.from(text))).toEqual([]);
  });
});
