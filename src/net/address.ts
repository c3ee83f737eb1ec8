/** Addresses (RFC 3986) as they may be shown, and where an answer of a server sends us on. */
import { DecantError } from '../errors.ts';

/** The address as it may be printed: no user, no password, no query. */
export function displayAddress(text: string): string {
  const url = parseAddress(text);
  if (!url) return text.replace(/\/\/[^/@]*@/g, '//***@').replace(/\?.*$/s, '');
  url.username = '';
  url.password = '';
  url.search = '';
  url.hash = '';
  return url.href.replace(/\/$/, text.endsWith('/') ? '/' : '');
}

export function parseAddress(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** Where a redirect leads; undefined for an answer that is none. `headers` are in lower case. */
export function redirection(
  statusCode: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  from: URL,
): URL | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(statusCode) || typeof location !== 'string') return undefined;
  return URL.canParse(location, from.href) ? new URL(location, from) : undefined;
}

/**
 * Refuses a redirect that is one too many, that leaves HTTP, or that gives encryption up. `asked` is what the user asked
 * for. Throws NETWORK.
 */
export function checkRedirection(asked: string, from: URL, to: URL, redirects: number): void {
  const isDowngrade = from.protocol === 'https:' && to.protocol === 'http:';
  if (redirects < MAX_REDIRECTS && /^https?:$/.test(to.protocol) && !isDowngrade) return;
  throw new DecantError(
    'NETWORK',
    `${displayAddress(asked)} leads too far away, to ${displayAddress(to.href)}`,
  );
}

const MAX_REDIRECTS = 5;
