/**
 * Tokens for a registry from its token service (distribution: "Token Authentication Specification" and "OAuth2"): one
 * for each scope, kept until shortly before it expires, in memory only.
 */
import { collect } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import { displayAddress } from '../../net/address.ts';
import { leave } from '../../net/agent.ts';
import type { Response } from '../../net/agent.ts';
import type { Challenge } from './challenge.ts';
import { basicHeader } from './credential.ts';
import type { Credential } from './credential.ts';

export interface TokenRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TokenOptions {
  /** Sends a request, tried again where that helps, and follows nothing. */
  readonly send: (request: TokenRequest) => Promise<Response>;
  /** The registry's name, for messages. */
  readonly domain: string;
  readonly now?: () => number;
}

export interface Token {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

const MAX_ANSWER_BYTES = 1024 * 1024;
const DEFAULT_LIFE_SECONDS = 60;
const CLIENT = 'decant';

/** Asks for a token. Throws REGISTRY_DENIED, NETWORK. */
export async function requestToken(
  challenge: Challenge,
  scopes: readonly string[],
  credential: Credential | undefined,
  { send, domain, now = Date.now }: TokenOptions,
): Promise<Token> {
  const asked = now();
  const response = await send(tokenRequest(challenge, scopes, credential, domain));
  if (response.statusCode !== 200) {
    await leave(response);
    throw refused(response.statusCode, domain, credential);
  }
  const bytes = await collect(response.body as AsyncIterable<Buffer>, MAX_ANSWER_BYTES, () =>
    nonsense(domain),
  );
  const { token, life } = parseAnswer(bytes, domain);
  // A token that expires on the way would be a failure that nobody understands.
  return { value: token, expires: asked + Math.max(life * 0.9, life - 10) * 1000 };
}

function tokenRequest(
  { parameters }: Challenge,
  scopes: readonly string[],
  credential: Credential | undefined,
  domain: string,
): TokenRequest {
  const realm = parameters.get('realm') ?? '';
  if (!URL.canParse(realm) || !/^https?:\/\//i.test(realm)) {
    throw new DecantError(
      'NETWORK',
      `the registry ${domain} names no token service that can be asked: ${JSON.stringify(displayAddress(realm).slice(0, 200))}`,
    );
  }
  const url = new URL(realm);
  const service = parameters.get('service');
  if (credential?.type === 'identity') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: credential.token,
      client_id: CLIENT,
      scope: scopes.join(' '),
      ...(service === undefined ? {} : { service }),
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url, headers, body: form.toString() };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credential?.type !== 'password') return { method: 'GET', url, headers: {} };
  url.searchParams.set('account', credential.username);
  return {
    method: 'GET',
    url,
    headers: { authorization: basicHeader(credential.username, credential.password) },
  };
}

function parseAnswer(bytes: Buffer, domain: string): { readonly token: string; readonly life: number } {
  let answer: unknown;
  try {
    answer = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw nonsense(domain);
  }
  if (typeof answer !== 'object' || answer === null) throw nonsense(domain);
  const fields = answer as Readonly<Record<string, unknown>>;
  const token = [fields['token'], fields['access_token']].find(
    (value) => typeof value === 'string' && value !== '',
  );
  // Whatever else a token may be, it has to fit into a header.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) throw nonsense(domain);
  const life = fields['expires_in'];
  return { token, life: typeof life === 'number' && life > 0 ? life : DEFAULT_LIFE_SECONDS };
}

function nonsense(domain: string): DecantError {
  return new DecantError('NETWORK', `the token service of ${domain} gave an answer without a token`);
}

function refused(status: number, domain: string, credential: Credential | undefined): DecantError {
  if (status !== 400 && status !== 401 && status !== 403)
    return new DecantError('NETWORK', `the token service of ${domain} answered with status ${status}`);
  return new DecantError(
    'REGISTRY_DENIED',
    credential
      ? `${domain} does not accept the credentials for it (status ${status} from its token service)`
      : `${domain} wants to know who asks (status ${status} from its token service)`,
    { hint: `log in: decant login ${domain}` },
  );
}
