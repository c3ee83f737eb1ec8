/**
 * One server that speaks the protocol (OCI distribution-spec v1.1): its scheme, its certificates, who we are there, and
 * single requests with redirects followed. Credentials go to the server's own origin only, wherever it sends us.
 */
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { rootCertificates } from 'node:tls';

import { DecantError, systemCode } from '../../errors.ts';
import { checkRedirection, redirection } from '../../net/address.ts';
import { type Agent, leave, openAgent, type Response, type TlsOptions } from '../../net/agent.ts';
import { isPassing, PassingAnswer, retryAfter } from '../../net/attempts.ts';
import { createAuthorizer } from '../auth/authorizer.ts';
import { parseChallenges } from '../auth/challenge.ts';
import type { Credentials } from '../auth/credential.ts';
import type { HostSettings } from '../config/registries.ts';

export interface Exchange {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below `/v2/`, or the whole address that the server gave. */
  readonly target: string | URL;
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each sending. `size` is in bytes. */
  readonly body?: { readonly size: number; readonly open: () => AsyncIterable<Uint8Array> | Uint8Array };
  /** How long the server may take to answer, in milliseconds, where that is longer than usual. */
  readonly patience?: number;
}

export interface Answer {
  readonly response: Response;
  /** Where it came from in the end, redirects followed. */
  readonly url: URL;
}

export interface Server {
  /** The server's name with its port. */
  readonly host: string;
  readonly origin: string;
  /** One attempt. Throws what undici throws, and PassingAnswer for an answer that may be another one soon. */
  readonly send: (exchange: Exchange) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

export interface ServerOptions {
  readonly host: string;
  /** Whose credentials count: `docker.io` for `registry-1.docker.io`. */
  readonly domain: string;
  readonly settings: HostSettings;
  readonly credentials: Credentials;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly silence?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Finds out how the server is spoken to. Throws what undici throws when nothing answers there. */
export async function openServer(options: ServerOptions): Promise<Server> {
  const { host, domain, settings, credentials, environment, silence } = options;
  const tls = await tlsOptions(settings, host);
  const agent = await openAgent({ environment, tls, silence });
  // The token service and the storage behind a redirect are other servers: our certificate is not for them.
  let others: Promise<Agent> | undefined;
  const elsewhere = (): Promise<Agent> =>
    (others ??= openAgent({ environment, silence, tls: tls && withoutIdentity(tls) }));
  const close = async (): Promise<void> => {
    await agent.dispatcher.destroy();
    await (await others?.catch(() => undefined))?.dispatcher.destroy();
  };
  let origin: string;
  try {
    origin = await findOrigin(agent, options);
  } catch (error) {
    await close();
    throw error;
  }
  const authorizer = createAuthorizer({
    domain,
    credentials,
    send: async ({ method, url, headers, body }) => {
      const own = url.origin === origin ? agent : await elsewhere();
      const response = await own.request(url, {
        dispatcher: own.dispatcher,
        method,
        headers: { 'user-agent': USER_AGENT, ...headers },
        ...(body === undefined ? {} : { body }),
        ...(options.signal ? { signal: options.signal } : {}),
      });
      return throwPassing(response);
    },
  });

  const follow = async (exchange: Exchange, authorization: string | undefined): Promise<Answer> => {
    const first =
      typeof exchange.target === 'string' ? new URL(`/v2/${exchange.target}`, origin) : exchange.target;
    let url = first;
    for (let redirects = 0; ; redirects += 1) {
      const isHome = url.origin === origin;
      const own = isHome ? agent : await elsewhere();
      const response = await request(own, url, exchange, {
        authorization: isHome ? authorization : undefined,
        // Who chose how long silence may last chose it for everything.
        patience: silence ?? exchange.patience,
        signal: options.signal,
      });
      const next =
        exchange.method === 'GET' || exchange.method === 'HEAD'
          ? redirection(response.statusCode, response.headers, url)
          : undefined;
      if (!next) return { response: await throwPassing(response), url };
      await leave(response);
      checkRedirection(first.href, url, next, redirects);
      url = next;
    }
  };

  return {
    host,
    origin,
    close,
    send: async (exchange) => {
      const sent = await authorizer.header(exchange.scopes);
      const answer = await follow(exchange, sent);
      if (answer.response.statusCode !== 401 || answer.url.origin !== origin) return answer;
      const challenges = parseChallenges(answer.response.headers['www-authenticate']);
      if (!(await authorizer.challenged(challenges, exchange.scopes, sent))) return answer;
      await leave(answer.response);
      return follow(exchange, await authorizer.header(exchange.scopes));
    },
  };
}

const USER_AGENT = 'decant';

interface Circumstances {
  readonly authorization: string | undefined;
  readonly patience: number | undefined;
  readonly signal: AbortSignal | undefined;
}

function request(
  { request, dispatcher }: Agent,
  url: URL,
  { method, headers, body }: Exchange,
  { authorization, patience, signal }: Circumstances,
): Promise<Response> {
  const content = body?.open();
  return request(url, {
    dispatcher,
    method,
    headers: {
      'user-agent': USER_AGENT,
      ...headers,
      ...(body ? { 'content-length': String(body.size) } : {}),
      ...(authorization === undefined ? {} : { authorization }),
    },
    ...(content === undefined ? {} : { body: content instanceof Uint8Array ? content : readable(content) }),
    ...(patience === undefined ? {} : { headersTimeout: patience }),
    ...(signal ? { signal } : {}),
  });
}

/** undici takes iterables, but tells only streams when it stops reading them. */
function readable(content: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(content, { objectMode: false });
}

async function throwPassing(response: Response): Promise<Response> {
  if (!isPassing(response.statusCode)) return response;
  await leave(response);
  throw new PassingAnswer(response.statusCode, retryAfter(response.headers['retry-after']));
}

/** HTTPS; at a server that may do without, HTTP where it answers nothing else. */
async function findOrigin(agent: Agent, { host, settings, signal }: ServerOptions): Promise<string> {
  const secure = new URL(`https://${host}`).origin;
  if (!settings.insecure && !isLoopback(host)) return secure;
  const plain = `http://${host}`;
  try {
    await ping(agent, secure, signal);
    return secure;
  } catch (error) {
    if (isCertificateError(error)) throw error;
    await ping(agent, plain, signal).catch((failure: unknown) => {
      // Nobody is going to begin to listen there because we ask again.
      if (isLoopback(host) && systemCode(failure) === 'ECONNREFUSED') throw nobodyThere(host, failure);
      throw failure;
    });
    return new URL(plain).origin;
  }
}

async function ping(
  { request, dispatcher }: Agent,
  origin: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const response = await request(new URL('/v2/', origin), {
    dispatcher,
    headers: { 'user-agent': USER_AGENT },
    ...(signal ? { signal } : {}),
  });
  await leave(response);
}

/** A registry on this machine is usually one for trying things, and nobody listens in between. */
function isLoopback(host: string): boolean {
  const { hostname } = new URL(`http://${host}`);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d+){3}$/.test(hostname);
}

function isCertificateError(error: unknown): boolean {
  const code = systemCode(error) ?? '';
  return /CERT|ALTNAME|UNABLE_TO/.test(code);
}

function nobodyThere(host: string, cause: unknown): DecantError {
  return new DecantError('NETWORK', `there is no registry at ${host}`, { cause, hint: 'is it running?' });
}

async function tlsOptions(settings: HostSettings, host: string): Promise<TlsOptions | undefined> {
  const { insecure, ca, cert, key } = settings;
  if (!insecure && !ca?.length && cert === undefined) return undefined;
  const read = async (path: string): Promise<string> => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      throw new DecantError('FILE_UNREADABLE', `cannot read ${path}, configured for the registry ${host}`, {
        cause: error,
      });
    }
  };
  return {
    // Those of the system count too, as Docker has it.
    ...(ca?.length ? { ca: [...rootCertificates, ...(await Promise.all(ca.map(read)))] } : {}),
    ...(cert === undefined ? {} : { cert: await read(cert) }),
    ...(key === undefined ? {} : { key: await read(key) }),
    ...(insecure ? { rejectUnauthorized: false } : {}),
  };
}

function withoutIdentity({ ca, rejectUnauthorized }: TlsOptions): TlsOptions {
  return { ca, rejectUnauthorized };
}
