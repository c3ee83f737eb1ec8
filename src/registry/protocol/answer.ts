/** What a registry answers when it does not do what it is asked (OCI distribution-spec, "Error Codes"). */
import { collect } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import type { Response } from '../../net/agent.ts';

const MAX_ERROR_BYTES = 64 * 1024;
const MAX_MESSAGE_LENGTH = 300;

/**
 * The error for an answer that is no success; its body is read to the end or left. `doing` continues "cannot …":
 * `pull localhost:5000/app:1`. `domain` is the registry's name.
 */
export async function refusal(response: Response, doing: string, domain: string): Promise<DecantError> {
  const { statusCode } = response;
  const said = await messageOf(response);
  const message = `cannot ${doing}: ${meaning(statusCode, domain)}${said === '' ? '' : ` (${said})`}`;
  if (statusCode === 401 || statusCode === 403)
    return new DecantError('REGISTRY_DENIED', message, {
      hint: `check the name, and log in as someone who may: decant login ${domain}`,
    });
  if (statusCode === 404)
    return new DecantError('IMAGE_UNKNOWN', message, { hint: 'check the name and the tag' });
  return new DecantError('NETWORK', message, {
    hint:
      statusCode === 429
        ? 'wait a while; those who log in are often allowed more'
        : statusCode === 413
          ? 'the registry, or a proxy in front of it, limits the size of requests: ask its operator'
          : undefined,
  });
}

function meaning(statusCode: number, domain: string): string {
  if (statusCode === 401) return `${domain} wants credentials`;
  if (statusCode === 403) return `${domain} does not allow it`;
  if (statusCode === 404) return `${domain} does not have it`;
  if (statusCode === 413) return `${domain} finds it too large`;
  if (statusCode === 429) return `${domain} is asked too often`;
  return `${domain} answered with status ${statusCode}`;
}

/** What the registry says in its own words: code and message of the first error. */
async function messageOf(response: Response): Promise<string> {
  try {
    const bytes = await collect(response.body as AsyncIterable<Buffer>, MAX_ERROR_BYTES);
    const answer = JSON.parse(bytes.toString('utf8')) as {
      readonly errors?: readonly { readonly code?: unknown; readonly message?: unknown }[];
    };
    const { code, message } = answer.errors?.[0] ?? {};
    return [code, message]
      .filter((part) => typeof part === 'string' && part !== '')
      .join(': ')
      .slice(0, MAX_MESSAGE_LENGTH);
  } catch {
    return '';
  }
}
