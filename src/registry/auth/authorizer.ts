/**
 * The Authorization header for one server: nothing until it asks, then what its challenge wants. A token is asked for
 * once for each scope, however many requests wait for it.
 */
import { basicHeader } from './credential.ts';
import type { Credential, Credentials } from './credential.ts';
import type { Challenge } from './challenge.ts';
import { requestToken } from './tokens.ts';
import type { Token, TokenOptions } from './tokens.ts';

export interface Authorizer {
  /** What to send with a request for these scopes (`repository:library/debian:pull`), as far as is known. */
  readonly header: (scopes: readonly string[]) => Promise<string | undefined>;
  /**
   * After an answer 401: whether another attempt has a chance, because something can be sent now that was not sent
   * before. `sent` is the header that was refused.
   */
  readonly challenged: (
    challenges: readonly Challenge[],
    scopes: readonly string[],
    sent: string | undefined,
  ) => Promise<boolean>;
}

export interface AuthorizerOptions extends TokenOptions {
  readonly credentials: Credentials;
}

export function createAuthorizer(options: AuthorizerOptions): Authorizer {
  const { domain, credentials, now = Date.now } = options;
  const tokens = new Map<string, Promise<Token>>();
  const known = new Map<string, Promise<Credential | undefined>>();
  let challenge: Challenge | undefined;

  const credentialFor = (scopes: readonly string[]): Promise<Credential | undefined> => {
    const path = scopes[0]?.split(':')[1] ?? '';
    const found = known.get(path) ?? credentials.find(domain, path);
    known.set(path, found);
    return found;
  };

  const tokenFor = async (asked: Challenge, scopes: readonly string[]): Promise<string> => {
    const key = scopes.join(' ');
    const held = tokens.get(key);
    if (held) {
      const token = await held;
      if (token.expires > now()) return token.value;
    }
    // Whoever comes while it is being asked for waits for the same one.
    if (tokens.get(key) === held) {
      const asking = credentialFor(scopes).then((credential) =>
        requestToken(asked, scopes, credential, options),
      );
      tokens.set(key, asking);
      asking.catch(() => {
        if (tokens.get(key) === asking) tokens.delete(key);
      });
    }
    return (await (tokens.get(key) as Promise<Token>)).value;
  };

  const header = async (scopes: readonly string[]): Promise<string | undefined> => {
    if (!challenge) return undefined;
    const credential = await credentialFor(scopes);
    if (challenge.scheme === 'basic')
      return credential?.type === 'password'
        ? basicHeader(credential.username, credential.password)
        : undefined;
    if (credential?.type === 'bearer') return `Bearer ${credential.token}`;
    return `Bearer ${await tokenFor(challenge, scopes)}`;
  };

  return {
    header,
    challenged: async (challenges, scopes, sent) => {
      const credential = await credentialFor(scopes);
      challenge =
        challenges.find(({ scheme }) => scheme === 'bearer') ??
        challenges.find(({ scheme }) => scheme === 'basic' && credential?.type === 'password') ??
        challenge;
      const key = scopes.join(' ');
      const held = await tokens.get(key)?.catch(() => undefined);
      // A token that was revoked: another one may do, once.
      if (held && sent === `Bearer ${held.value}`) tokens.delete(key);
      const next = await header(scopes);
      return next !== undefined && next !== sent;
    },
  };
}
