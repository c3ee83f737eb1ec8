/** Answers in pages: the next one is named by a `Link` header (RFC 8288; OCI distribution-spec, "Listing Tags"). */
import type { Response } from '../../net/agent.ts';

/** The next page, on the same server; undefined after the last. */
export function nextPage(response: Response, from: URL): URL | undefined {
  const header = response.headers['link'];
  const links = typeof header === 'string' ? [header] : (header ?? []);
  for (const link of links.flatMap((text) => text.split(/,(?=\s*<)/))) {
    const [, target, parameters] = /^\s*<([^>]*)>\s*;(.*)$/s.exec(link) ?? [];
    if (target === undefined || !/(?:^|;)\s*rel\s*=\s*"?next"?/i.test(parameters ?? '')) continue;
    const url = URL.canParse(target, from.href) ? new URL(target, from) : undefined;
    // Another page of the same answer is on the same server; some forget that they are spoken to by HTTPS.
    return url && new URL(url.pathname + url.search, from.origin);
  }
  return undefined;
}
