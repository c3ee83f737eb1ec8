import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
  lstatSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { PLAIN_REGISTRIES } from '../config/registries.ts';
import { serveRegistry } from '../testing/serve.ts';
import { changeEntries } from './config-file.ts';
import type { Credential } from './credential.ts';
import { login, logout } from './login.ts';
import { configPaths, findCredentials } from './lookup.ts';

const root = mkdtempSync(join(tmpdir(), 'decant-credentials-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Keeps what it is given in a file, and counts as what docker-credential-helpers describe. */
const HELPER = `#!/bin/sh
file="$(dirname "$0")/kept"
case "$1" in
  store) cat > "$file" ;;
  erase) cat > /dev/null; rm -f "$file" ;;
  get) read -r server
    case "$server" in
      https://index.docker.io/v1/) echo '{"ServerURL":"x","Username":"hub","Secret":"from helper"}' ;;
      token.example) echo '{"Username":"<token>","Secret":"refresh"}' ;;
      broken.example) echo 'some secret text'; exit 1 ;;
      *) echo 'credentials not found in native keychain'; exit 1 ;;
    esac ;;
esac
`;

let home = '';
let count = 0;
beforeEach(() => {
  home = join(root, `home-${(count += 1)}`);
  mkdirSync(join(home, '.docker'), { recursive: true });
  writeFileSync(join(home, 'docker-credential-test'), HELPER);
  chmodSync(join(home, 'docker-credential-test'), 0o755);
});

const environment = () => ({ HOME: home, PATH: `${home}:${process.env['PATH']}` });
const auth = (pair: string): { auth: string } => ({ auth: Buffer.from(pair).toString('base64') });
const write = (config: unknown, name = '.docker/config.json'): void => {
  mkdirSync(join(home, name, '..'), { recursive: true });
  writeFileSync(join(home, name), typeof config === 'string' ? config : JSON.stringify(config));
};
const find = (domain: string, path = 'team/app'): Promise<Credential | undefined> =>
  findCredentials({ environment: environment() }).find(domain, path);
const password = (username: string, password: string): Credential => ({
  type: 'password',
  username,
  password,
});

describe('credentials are found', () => {
  test.each<[string, object, string, Credential | undefined]>([
    ['by host', { 'ghcr.io': auth('me:secret') }, 'ghcr.io', password('me', 'secret')],
    ['with a colon in the password', { 'ghcr.io': auth('me:a:b') }, 'ghcr.io', password('me', 'a:b')],
    ['for Docker Hub', { 'https://index.docker.io/v1/': auth('a:b') }, 'docker.io', password('a', 'b')],
    ['for Docker Hub as Podman has it', { 'docker.io': auth('a:b') }, 'docker.io', password('a', 'b')],
    [
      'by an old address',
      { 'https://r.example:5000/v1/': auth('a:b') },
      'r.example:5000',
      password('a', 'b'),
    ],
    [
      'for a part of a registry',
      { 'r.example': auth('a:b'), 'r.example/team': auth('c:d') },
      'r.example',
      password('c', 'd'),
    ],
    ['not for another part', { 'r.example/other': auth('c:d') }, 'r.example', undefined],
    ['not for a longer host', { 'r.example.evil': auth('c:d') }, 'r.example', undefined],
    [
      'as an identity token',
      { 'r.example': { ...auth('a:'), identitytoken: 't' } },
      'r.example',
      { type: 'identity', token: 't' },
    ],
    [
      'as a registry token',
      { 'r.example': { registrytoken: 't' } },
      'r.example',
      { type: 'bearer', token: 't' },
    ],
    ['not where an entry is empty', { 'r.example': {} }, 'r.example', undefined],
  ])('%s', async (_, auths, domain, expected) => {
    write({ auths });
    expect(await find(domain)).toEqual(expected);
  });

  test('by way of helpers, with the file behind them', async () => {
    write({ credsStore: 'test', auths: { 'file.example': auth('a:b') } });
    expect(await find('docker.io')).toEqual(password('hub', 'from helper'));
    expect(await find('token.example')).toEqual({ type: 'identity', token: 'refresh' });
    expect(await find('file.example')).toEqual(password('a', 'b'));
    write({ credHelpers: { 'token.example': 'test' } });
    expect(await find('docker.io')).toBeUndefined();
    expect(await find('token.example')).toEqual({ type: 'identity', token: 'refresh' });
  });

  test('in Podman’s file after Docker’s, and only in the one that is named', async () => {
    write({ auths: { a: auth('docker:1') } });
    write({ auths: { a: auth('podman:1'), b: auth('podman:2') } }, '.config/containers/auth.json');
    expect([await find('a'), await find('b')]).toEqual([password('docker', '1'), password('podman', '2')]);
    expect(configPaths({ ...environment(), REGISTRY_AUTH_FILE: '/x/auth.json' })).toEqual(['/x/auth.json']);
    expect(configPaths({ ...environment(), DOCKER_CONFIG: '/x' })).toEqual(['/x/config.json']);
  });

  test('nowhere without files', async () => {
    expect(await find('ghcr.io')).toBeUndefined();
  });
});

describe('what is broken is said without a secret', () => {
  test.each<[string, unknown, string, RegExp]>([
    ['JSON', '{"auths":{"a":"secret"', 'a', /config\.json: it is not valid JSON$/],
    ['a list', '[]', 'a', /not a JSON object$/],
    ['auths', { auths: 'secret' }, 'a', /"auths" is not an object$/],
    [
      'no such helper',
      { credsStore: 'nothere' },
      'a',
      /docker-credential-nothere is of no use: it is not installed$/,
    ],
    ['a helper that leads elsewhere', { credsStore: '../x' }, 'a', /not the name of a helper$/],
    ['a helper that fails', { credsStore: 'test' }, 'broken.example', /ended with status 1$/],
  ])('%s', async (_, config, domain, message) => {
    write(config);
    await expect(find(domain)).rejects.toMatchObject({ code: 'CREDENTIALS_UNUSABLE', message });
  });
});

describe('logging in', () => {
  const options = () => ({ environment: environment(), registries: PLAIN_REGISTRIES, retryDelay: 1 });
  const basic = (allowed: string) =>
    serveRegistry({
      before: (request, response) => {
        if (request.headers.authorization === `Basic ${allowed}`) return false;
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"', 'content-length': 0 }).end();
        return true;
      },
    });

  test('tries the credentials, keeps them in the file that only its owner may read, and out again', async () => {
    await using registry = await basic(auth('me:secret').auth);
    write({ auths: { other: auth('x:y') }, extra: { kept: true } });
    await expect(login(registry.host, password('me', 'wrong'), options())).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
    });
    const { keptIn, isPlain } = await login(registry.host, password('me', 'secret'), options());
    expect({ keptIn, isPlain }).toEqual({ keptIn: join(home, '.docker/config.json'), isPlain: true });
    expect(statSync(keptIn).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(keptIn, 'utf8'))).toMatchObject({
      auths: { other: auth('x:y') },
      extra: { kept: true },
    });
    expect(await find(registry.host)).toEqual(password('me', 'secret'));
    expect(await logout(registry.host, options())).toBe(true);
    expect(await find(registry.host)).toBeUndefined();
    expect(await logout(registry.host, options())).toBe(false);
  });

  test('leaves the secret to a helper', async () => {
    await using registry = await basic(auth('me:secret').auth);
    write({ credsStore: 'test' });
    expect(await login(registry.host, password('me', 'secret'), options())).toEqual({
      keptIn: 'docker-credential-test',
      isPlain: false,
    });
    expect(readFileSync(join(home, '.docker/config.json'), 'utf8')).not.toContain(auth('me:secret').auth);
    expect(JSON.parse(readFileSync(join(home, 'kept'), 'utf8'))).toEqual({
      ServerURL: registry.host,
      Username: 'me',
      Secret: 'secret',
    });
    expect(await logout(registry.host, options())).toBe(true);
  });

  test('writes through a link', async () => {
    write({}, 'dotfiles/config.json');
    const path = join(home, 'link.json');
    symlinkSync(join(home, 'dotfiles/config.json'), path);
    await changeEntries(path, new Map([['a', auth('b:c')]]));
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(home, 'dotfiles/config.json'), 'utf8')).toContain(auth('b:c').auth);
  });
});
