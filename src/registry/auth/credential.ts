/** What a registry is told about who asks. Kept in memory only, and never part of a message. */

export type Credential =
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  /** A refresh token of OAuth 2 (Docker's "identity token"). */
  | { readonly type: 'identity'; readonly token: string }
  /** Sent as it is. */
  | { readonly type: 'bearer'; readonly token: string };

/** Looks credentials up, by the registry's name (`docker.io`, `localhost:5000`) and the repository's path. */
export interface Credentials {
  readonly find: (domain: string, path: string) => Promise<Credential | undefined>;
}

export const ANONYMOUS: Credentials = { find: () => Promise.resolve(undefined) };

/** The value of an Authorization header for a name and a password (RFC 7617). */
export function basicHeader(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
