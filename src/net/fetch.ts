/**
 * Files over HTTP (RFC 9110), or from a folder (`file:`): tried again when a server or the network
 * fails, resumed where a transfer broke off, through the proxies of the environment. What comes is not believed here:
 * callers check signature or digest.
 */
import { createReadStream, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import type { ByteStream } from '../codec/stream.ts';
import { DecantError } from '../errors.ts';
import { checkRedirection, displayAddress, redirection } from './address.ts';
import { type Agent, leave, openAgent, type Response } from './agent.ts';
import { attemptsAt, isPassing, PassingAnswer, retryAfter } from './attempts.ts';
import { resumed } from './resume.ts';

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

export function createFetcher(options: FetcherOptions = {}): Fetcher {
  let agent: Promise<Agent> | undefined;
  const client = (): Promise<Agent> =>
    (agent ??= openAgent({ environment: options.environment ?? process.env }));
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

async function download(
  client: () => Promise<Agent>,
  address: string,
  request: GetOptions,
  options: FetcherOptions,
): Promise<Fetched> {
  const { signal, retryDelay } = options;
  const attempts = attemptsAt({
    signal,
    retryDelay,
    unreachable: (cause) => unreachable(address, cause),
    interrupted: () => new DecantError('INTERRUPTED', `interrupted while getting ${displayAddress(address)}`),
  });
  const first = await attempts.run(async () => open(await client(), address, headersOf(request), options));
  if (first.statusCode === 304) return { status: 'unchanged' };
  if (first.statusCode === 404 || first.statusCode === 410) return { status: 'missing' };
  if (first.statusCode !== 200) throw answered(address, first.statusCode);
  const { etag, 'last-modified': lastModified } = first.headers;
  return {
    status: 'found',
    ...(typeof etag === 'string' ? { etag } : {}),
    ...(typeof lastModified === 'string' ? { lastModified } : {}),
    body: resumed(first, {
      attempts,
      again: async (headers) => open(await client(), address, headers, options),
      refused: (statusCode) => answered(address, statusCode),
    }),
  };
}

function headersOf({ etag, lastModified, fresh }: GetOptions): Readonly<Record<string, string>> {
  return {
    ...(etag === undefined ? {} : { 'if-none-match': etag }),
    ...(etag === undefined && lastModified !== undefined ? { 'if-modified-since': lastModified } : {}),
    ...(fresh ? { 'cache-control': 'max-age=0' } : {}),
  };
}

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
      // The user's name and password are for the server that was asked, not for where it sends us.
      headers: {
        'user-agent': 'decant',
        ...headers,
        ...(authorization !== undefined && url.origin === origin ? { authorization } : {}),
      },
      ...(signal ? { signal } : {}),
    });
    const { statusCode, headers: answer } = response;
    if (statusCode !== 200 && statusCode !== 206) await leave(response);
    if (isPassing(statusCode)) throw new PassingAnswer(statusCode, retryAfter(answer['retry-after']));
    const next = redirection(statusCode, answer, url);
    if (!next) return response;
    checkRedirection(address, url, next, redirects);
    url = next;
  }
}

function basic(username: string, password: string): string {
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
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
    hint: denied ? 'the server wants a user and a password: write them into the address' : undefined,
  });
}

function unreachable(address: string, error: unknown): DecantError {
  return new DecantError('NETWORK', `cannot get ${displayAddress(address)}`, {
    cause: error,
    hint: 'check the address and the proxy settings',
  });
}
