/** Debian's docker-registry on loopback: plain or with TLS, open, with a password file, or with a token service. */
import { execFileSync, spawn } from 'node:child_process';
import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get as httpGet, type Server } from 'node:http';
import { get as httpsGet } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './until.ts';

export const USERNAME = 'user';
export const PASSWORD = 'secret word';
/** bcrypt of the password: all that docker-registry takes. */
const HTPASSWD = 'user:$2y$05$8uoOLGdjAvA3T5kjYrWlW.3oXuIHLmVsgzoKN4xNrcKq5zFXDQd.G';

export interface RegistryKind {
  readonly tls?: boolean;
  readonly auth?: 'htpasswd' | 'token';
}

export interface DockerRegistry {
  /** `localhost:40123` */
  readonly host: string;
  /** The authority that signed its certificate. */
  readonly ca: string;
  /** Requests as its log has them: method, path, status and how many bytes it answered with. */
  readonly requests: () => Promise<readonly LoggedRequest[]>;
  /** Scopes that tokens were asked for, and whether with a password. */
  readonly tokens: readonly { readonly scopes: readonly string[]; readonly user: string | undefined }[];
  readonly stop: () => Promise<void>;
}

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly written: number;
}

export async function startRegistry({ tls, auth }: RegistryKind = {}): Promise<DockerRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'decant-registry-'));
  const path = (name: string): string => join(folder, name);
  makeCertificate(folder);
  writeFileSync(path('htpasswd'), `${HTPASSWD}\n`);
  const tokens: { scopes: string[]; user: string | undefined }[] = [];
  const service = auth === 'token' ? await serveTokens(folder, tokens) : undefined;
  const authorization = {
    htpasswd: { htpasswd: { realm: 'here', path: path('htpasswd') } },
    token: {
      token: { realm: service?.url, service: 'registry', issuer: 'tests', rootcertbundle: path('cert.pem') },
    },
  };
  const config = {
    version: '0.1',
    log: { level: 'info', formatter: 'json', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: path('data') }, delete: { enabled: true } },
    http: {
      // A port that nobody else has; the log says which.
      addr: '127.0.0.1:0',
      secret: 'of the tests',
      ...(tls ? { tls: { certificate: path('cert.pem'), key: path('key.pem') } } : {}),
    },
    ...(auth ? { auth: authorization[auth] } : {}),
  };
  // JSON is YAML.
  writeFileSync(path('config.yml'), JSON.stringify(config));
  let log = '';
  const child = spawn('docker-registry', ['serve', path('config.yml')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let port: string | undefined;
  await until('docker-registry', () => {
    if (child.exitCode !== null) throw new Error(`docker-registry does not start: ${log}`);
    port = /"listening on 127\.0\.0\.1:(\d+)/.exec(log)?.[1];
    return port !== undefined;
  });
  let asked = 0;
  return {
    host: `localhost:${port}`,
    ca: path('cert.pem'),
    tokens,
    requests: async () => {
      // It logs after it has answered. What was answered before is in the log once this is.
      const mark = `/v2/?mark=${(asked += 1)}`;
      await answered(`${tls ? 'https' : 'http'}://127.0.0.1:${port}${mark}`);
      await until('the log', () => requestsIn(log).some(({ path }) => path === mark));
      return requestsIn(log).filter(({ path }) => !path.includes('?mark='));
    },
    stop: async () => {
      child.kill();
      await ended;
      service?.server.closeAllConnections();
      service?.server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function requestsIn(log: string): readonly LoggedRequest[] {
  return log.split('\n').flatMap((line) => {
    if (!line.startsWith('{') || !line.includes('"response completed')) return [];
    const entry = JSON.parse(line) as Record<string, unknown>;
    return [
      {
        method: String(entry['http.request.method']),
        path: String(entry['http.request.uri']),
        status: Number(entry['http.response.status']),
        written: Number(entry['http.response.written']),
      },
    ];
  });
}

/** A certificate that signs itself, for localhost; the token service signs with its key too. */
function makeCertificate(folder: string): void {
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    names,
  ];
  execFileSync('openssl', [...args, '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], {
    stdio: 'ignore',
  });
}

/** Gives tokens (JWT, RS256) to whoever knows the password, and for pulling from `public/…` to anybody. */
async function serveTokens(
  folder: string,
  asked: { scopes: string[]; user: string | undefined }[],
): Promise<{ readonly server: Server; readonly url: string }> {
  const key = createPrivateKey(readFileSync(join(folder, 'key.pem')));
  const certificate = new X509Certificate(readFileSync(join(folder, 'cert.pem'))).raw.toString('base64');
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://service');
    const { authorization = '' } = request.headers;
    const [user = '', password] = Buffer.from(authorization.replace('Basic ', ''), 'base64')
      .toString()
      .split(/:(.*)/s);
    const isKnown = user === USERNAME && password === PASSWORD;
    const scopes = url.searchParams.getAll('scope').flatMap((scope) => scope.split(' '));
    asked.push({ scopes, user: isKnown ? user : undefined });
    if (authorization !== '' && !isKnown) return void response.writeHead(401).end();
    const now = Math.floor(Date.now() / 1000);
    const access = scopes.flatMap((scope) => {
      const [type = '', name = '', actions = ''] = scope.split(':');
      const granted = actions
        .split(',')
        .filter((action) => isKnown || (action === 'pull' && name.startsWith('public/')));
      return granted.length > 0 ? [{ type, name, actions: granted }] : [];
    });
    const claims = {
      iss: 'tests',
      sub: user,
      aud: 'registry',
      iat: now,
      nbf: now - 5,
      exp: now + 60,
      jti: `${asked.length}`,
      access,
    };
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ typ: 'JWT', alg: 'RS256', x5c: [certificate] })}.${part(claims)}`;
    const token = `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ token, expires_in: 60 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` };
}

/** Whatever the answer is, and whoever signed the certificate. */
function answered(address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const get = address.startsWith('https:') ? httpsGet : httpGet;
    get(address, { rejectUnauthorized: false, agent: false }, (response) => {
      response.resume().on('end', resolve).on('error', reject);
    }).on('error', reject);
  });
}
