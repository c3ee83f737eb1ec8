/** A body that breaks off, and the rest of it from another request (RFC 9110, section 14: ranges). */
import { leave } from './agent.ts';
import type { Response } from './agent.ts';
import type { Attempts } from './attempts.ts';

export interface ResumeOptions {
  readonly attempts: Attempts;
  /** Asks for the rest with these headers. Answers that pass are thrown. */
  readonly again: (headers: Readonly<Record<string, string>>) => Promise<Response>;
  /** The error for an answer that is not the rest. */
  readonly refused: (statusCode: number) => Error;
  /** How many bytes there must be, where that is known better than by the answer. */
  readonly size?: number | undefined;
}

/** A connection that brought as much as this before it broke was worth having: it does not count as a failure. */
const PROGRESS_BYTES = 1024 * 1024;

/** The bytes of the first answer's body, and of those that have to follow. What comes is not verified. */
export async function* resumed(first: Response, options: ResumeOptions): AsyncGenerator<Uint8Array> {
  const { attempts, again, refused } = options;
  const { etag, 'content-length': length } = first.headers;
  const announced = typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : undefined;
  const size = options.size ?? announced;
  // A file that was replaced meanwhile must not become the end of another one; without a tag the digest tells.
  const condition = typeof etag === 'string' && !etag.startsWith('W/') ? { 'if-range': etag } : undefined;
  let response = first;
  let received = 0;
  let counted = 0;
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
      if (received - counted >= PROGRESS_BYTES) attempts.progressed();
      counted = received;
      await attempts.failed(error);
    }
    response = await attempts.run(() => again({ range: `bytes=${received}-`, ...condition }));
    // Servers that know no ranges send everything again.
    known = response.statusCode === 200 ? received : 0;
    if (response.statusCode !== 200 && (response.statusCode !== 206 || rangeStart(response) !== received)) {
      await leave(response);
      throw refused(response.statusCode);
    }
  }
}

function rangeStart(response: Response): number | undefined {
  const start = /^bytes (\d+)-/.exec(String(response.headers['content-range'] ?? ''))?.[1];
  return start === undefined ? undefined : Number(start);
}
