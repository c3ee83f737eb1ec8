/**
 * Files of an archive over HTTP (RFC 9110), or from a folder (`file:`): tried again when a server or the network
 * fails, resumed where a transfer broke off, through the proxies of the environment. What comes is not believed here:
 * callers check signature or digest.
 */
import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { Dispatcher, request } from 'undici';

import type { ByteStream } from '../codec/stream.ts';
import { DecantError, systemCode } from '../errors.ts';
import { displayAddress } from './url.ts';

export interface Fetcher {
  /** Opens a file. The body must be read to its end, or left with `return()`. Throws NETWORK, INTERRUPTED. */
  readonly get: (address: string, options?: GetOptions) => Promise<Fetched>;
  readonly close: () => Promise<void>;
}

export interface GetOptions {
  /** `If-None-Match` and `If-Modified-Since`. */
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
  /** Caches on the way have to ask the server too. */
  readonly fresh?: boolean;
}

export type Fetched =
  | { readonly status: 'missing' }
  | { readonly status: 'unchanged' }
  | {
      readonly status: 'found';
      readonly etag?: string;
      readonly lastModified?: string;
      readonly body: ByteStream;
    };

export interface FetcherOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where the proxies are named: `http_proxy`, `https_proxy`, `no_proxy`. Default: the process's environment. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** How long to wait before the first new attempt, in milliseconds; twice as long before each further one. */
  readonly retryDelay?: number | undefined;
}

const ATTEMPTS = 5;
const RETRY_DELAY_MS = 400;
const MAX_REDIRECTS = 5;
const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 20_000;
const SILENCE_TIMEOUT_MS = 60_000;
/** Statuses that may well be others a moment later. */
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

export function createFetcher(options: FetcherOptions = {}): Fetcher {
  let agent: Promise<Agent> | undefined;
  const client = (): Promise<Agent> => (agent ??= connect(options));
  return {
    get: (address, request = {}) =>
      address.startsWith('file:')
        ? Promise.resolve(localFile(address))
        : download(client, address, request, options),
    close: async () => {
      // Bodies that nobody reads any more would be waited for.
      await (await agent)?.dispatcher.destroy();
      agent = undefined;
    },
  };
}

interface Agent {
  readonly request: typeof request;
  readonly dispatcher: Dispatcher;
}

async function connect({ environment = process.env }: FetcherOptions): Promise<Agent> {
  const { EnvHttpProxyAgent, request } = await import('undici');
  // Without a value undici would look into the process's own environment.
  const variable = (name: string): string => environment[name] ?? environment[name.toUpperCase()] ?? '';
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: variable('http_proxy'),
    httpsProxy: variable('https_proxy'),
    noProxy: variable('no_proxy'),
    // Proxies for plain HTTP seldom allow tunnels to port 80, and a cache can only keep what it sees.
    proxyTunnel: false,
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: SILENCE_TIMEOUT_MS,
    bodyTimeout: SILENCE_TIMEOUT_MS,
  });
  return { request, dispatcher };
}

async function download(
  client: () => Promise<Agent>,
  address: string,
  request: GetOptions,
  options: FetcherOptions,
): Promise<Fetched> {
  const attempts = attemptsAt(address, options);
  const first = await attempts.run(async () => open(await client(), address, headersOf(request), options));
  if (first.statusCode === 304) return { status: 'unchanged' };
  if (first.statusCode === 404 || first.statusCode === 410) return { status: 'missing' };
  if (first.statusCode !== 200) throw answered(address, first.statusCode);
  const { etag, 'last-modified': lastModified } = first.headers;
  return {
    status: 'found',
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(typeof lastModified === 'string' ? { lastModified } : {}),
    body: resumed(client, address, first, attempts, options),
  };
}

function headersOf({ etag, lastModified, fresh }: GetOptions): Readonly<Record<string, string>> {
  return {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(etag === undefined && lastModified !== undefined ? { 'if-modified-since': lastModified } : {}),
    ...(fresh ? { 'cache-control': 'max-age=0' } : {}),
  };
}

/** The body, and when it breaks off the rest of it from another request. */
async function* resumed(
  client: () => Promise<Agent>,
  address: string,
  first: Response,
  attempts: Attempts,
  options: FetcherOptions,
): AsyncGenerator<Uint8Array> {
  const { etag, 'content-length': length } = first.headers;
  const size = typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : undefined;
  // A file that was replaced meanwhile must not become the end of another one; without a tag the digest tells.
  const condition = typeof etag === 'string' && !etag.startsWith('W/') ? { 'if-range': etag } : undefined;
  let response = first;
  let received = 0;
  let known = 0;
  for (;;) {
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        const repeated = Math.min(known, chunk.length);
        known -= repeated;
        received += chunk.length - repeated;
        if (repeated < chunk.length) yield chunk.subarray(repeated);
      }
      if (size === undefined || received >= size) return;
      throw new Error(`it broke off after ${received} of ${size} bytes`);
    } catch (error) {
      await attempts.failed(error);
    }
    response = await attempts.run(async () => {
      const headers = { range: `bytes=${received}-`, ...condition };
      return open(await client(), address, headers, options);
    });
    // Servers that know no ranges send everything again.
    known = response.statusCode === 200 ? received : 0;
    if (response.statusCode !== 200 && (response.statusCode !== 206 || rangeStart(response) !== received)) {
      await leave(response);
      throw answered(address, response.statusCode);
    }
  }
}

function rangeStart(response: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(String(response.headers['content-range'] ?? ''))?.[1];
  return start === undefined ? undefined : Number(start);
}

type Response = Dispatcher.ResponseData;

/** One request, following redirects. Statuses that pass are thrown, others given back. */
async function open(
  { request, dispatcher }: Agent,
  address: string,
  headers: Readonly<Record<string, string>>,
  { signal }: FetcherOptions,
): Promise<Response> {
  let url = new URL(address);
  const { origin, username, password } = url;
  const authorization = username === '' && password === '' ? undefined : basic(username, password);
  for (let redirects = 0; ; redirects += 1) {
    url.username = '';
    url.password = '';
    const response = await request(url, {
      dispatcher,
      // The user's name and password are for the mirror, not for where it sends us.
      headers: {
        'user-agent': 'decant',
        ...headers,
        ...(authorization !== undefined && url.origin === origin ? { authorization } : {}),
      },
      ...(signal ? { signal } : {}),
    });
    const { location } = response.headers;
    if (PASSING.has(response.statusCode)) {
      await leave(response);
      throw new Error(`the server answered with status ${response.statusCode}`);
    }
    const redirected =
      [301, 302, 303, 307, 308].includes(response.statusCode) && typeof location === 'string';
    if (response.statusCode !== 200 && response.statusCode !== 206) await leave(response);
    if (!redirected) return response;
    const next = new URL(location, url);
    if (redirects >= MAX_REDIRECTS || !/^https?:$/.test(next.protocol) || isDowngrade(url, next)) {
      throw new DecantError(
        'NETWORK',
        `${displayAddress(address)} leads too far away, to ${displayAddress(next.href)}`,
      );
    }
    url = next;
  }
}

/** The body does not matter, but the connection may be used again. */
async function leave(response: Response): Promise<void> {
  await response.body.dump().catch(() => undefined);
}

function isDowngrade(from: URL, to: URL): boolean {
  return from.protocol === 'https:' && to.protocol === 'http:';
}

function basic(username: string, password: string): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

interface Attempts {
  /** Does something until it succeeds or there are no attempts left. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /** Waits after a failure that may pass; throws it when there were too many. */
  readonly failed: (error: unknown) => Promise<void>;
}

function attemptsAt(address: string, { signal, retryDelay = RETRY_DELAY_MS }: FetcherOptions): Attempts {
  let count = 0;
  const failed = async (error: unknown): Promise<void> => {
    if (signal?.aborted)
      throw new DecantError('INTERRUPTED', `interrupted while getting ${displayAddress(address)}`);
    if (error instanceof DecantError) throw error;
    count += 1;
    if (count >= ATTEMPTS || HOPELESS.has(systemCode(error) ?? '')) throw unreachable(address, error);
    await pause(retryDelay * 2 ** (count - 1), signal);
  };
  return {
    failed,
    run: async (work) => {
      for (;;) {
        try {
          return await work();
        } catch (error) {
          await failed(error);
        }
      }
    },
  };
}

/** Failures that the next attempt will have too. */
const HOPELESS = new Set([
  'ENOTFOUND',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Ends at once when interrupted; the next attempt then says so. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done, { once: true });
  });
}

function localFile(address: string): Fetched {
  const path = fileURLToPath(address);
  if (!existsSync(path)) return { status: 'missing' };
  return { status: 'found', body: readLocal(createReadStream(path), address) };
}

async function* readLocal(stream: AsyncIterable<Buffer>, address: string): AsyncGenerator<Uint8Array> {
  try {
    yield* stream;
  } catch (error) {
    throw unreachable(address, error);
  }
}

function answered(address: string, status: number): DecantError {
  const denied = status === 401 || status === 403;
  return new DecantError('NETWORK', `${displayAddress(address)}: the server answered with status ${status}`, {
    hint: denied ? 'the mirror wants a user and a password: write them into its address' : undefined,
  });
}

function unreachable(address: string, error: unknown): DecantError {
  return new DecantError('NETWORK', `cannot get ${displayAddress(address)}`, {
    cause: error,
    hint: 'check the address of the mirror and the proxy settings',
  });
}
