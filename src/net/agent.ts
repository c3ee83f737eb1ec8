/**
 * Connections over HTTP (RFC 9110), through the proxies that the environment names. The client library is loaded with
 * the first of them: most commands need no network.
 */
import type { Dispatcher, request } from 'undici';

/** What undici gives for a request: status, headers in lower case, and the body. */
export type Response = Dispatcher.ResponseData;

export interface Agent {
  readonly request: typeof request;
  readonly dispatcher: Dispatcher;
}

export interface AgentOptions {
  /** Where the proxies are named: `http_proxy`, `https_proxy`, `no_proxy`, in lower or upper case. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Who is believed, and who we are. */
  readonly tls?: TlsOptions | undefined;
  /** How long a server may say nothing, in milliseconds. */
  readonly silence?: number | undefined;
}

export interface TlsOptions {
  /** Authorities in PEM, instead of those of the system. */
  readonly ca?: readonly string[] | undefined;
  /** A client certificate and its key, in PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** False takes any certificate. */
  readonly rejectUnauthorized?: boolean | undefined;
}

const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 20_000;
const SILENCE_TIMEOUT_MS = 60_000;

export async function openAgent({ environment, tls, silence }: AgentOptions): Promise<Agent> {
  const { EnvHttpProxyAgent, request } = await import('undici');
  // Without a value undici would look into the process's own environment.
  const variable = (name: string): string => environment[name] ?? environment[name.toUpperCase()] ?? '';
  const trust = tls && {
    ...(tls.ca ? { ca: [...tls.ca] } : {}),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key }),
    ...(tls.rejectUnauthorized === undefined ? {} : { rejectUnauthorized: tls.rejectUnauthorized }),
  };
  const dispatcher = new EnvHttpProxyAgent({
    httpProxy: variable('http_proxy'),
    httpsProxy: variable('https_proxy'),
    noProxy: variable('no_proxy'),
    // Proxies for plain HTTP seldom allow tunnels to port 80, and a cache can only keep what it sees.
    proxyTunnel: false,
    connections: CONNECTIONS,
    connect: { timeout: CONNECT_TIMEOUT_MS, ...trust },
    ...(trust ? { requestTls: trust } : {}),
    headersTimeout: silence ?? SILENCE_TIMEOUT_MS,
    bodyTimeout: silence ?? SILENCE_TIMEOUT_MS,
  });
  return { request, dispatcher };
}

/** The body does not matter, but the connection may be used again. */
export async function leave(response: Response): Promise<void> {
  await response.body.dump().catch(() => undefined);
}
