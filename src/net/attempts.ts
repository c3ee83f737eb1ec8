/**
 * Trying again what may work a moment later: after a broken connection, and after the answers that say so (RFC 9110,
 * section 15; RFC 6585, 429), as long as the server asks for or else twice as long each time.
 */
import { setTimeout } from 'node:timers/promises';

import { DecantError, systemCode } from '../errors.ts';

export interface Attempts {
  /** Does something until it succeeds or there are no attempts left. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>;
  /** Waits after a failure that may pass; throws it when there were too many. */
  readonly failed: (error: unknown) => Promise<void>;
  /** Something came of it: failures are counted from the beginning. */
  readonly progressed: () => void;
}

export interface AttemptsOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait before the first new attempt, in milliseconds; twice as long before each further one. */
  readonly retryDelay?: number | undefined;
  /** The error when there are no attempts left. */
  readonly unreachable: (cause: unknown) => DecantError;
  readonly interrupted: () => DecantError;
}

/** An answer that may well be another one a moment later. */
export class PassingAnswer extends Error {
  readonly statusCode: number;
  /** Milliseconds that the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(statusCode: number, retryAfter?: number) {
    super(`the server answered with status ${statusCode}`);
    this.statusCode = statusCode;
    this.retryAfter = retryAfter;
  }
}

const ATTEMPTS = 5;
const RETRY_DELAY_MS = 400;
/** A server that asks for more patience than this is not waited for. */
const MAX_WAIT_MS = 60_000;
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Failures that the next attempt will have too. */
const HOPELESS = new Set([
  'ENOTFOUND',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
]);

export function attemptsAt(options: AttemptsOptions): Attempts {
  const { signal, retryDelay = RETRY_DELAY_MS, unreachable, interrupted } = options;
  let count = 0;
  const failed = async (error: unknown): Promise<void> => {
    if (signal?.aborted) throw interrupted();
    if (error instanceof DecantError) throw error;
    count += 1;
    const asked = error instanceof PassingAnswer ? error.retryAfter : undefined;
    if (count >= ATTEMPTS || isHopeless(error) || (asked ?? 0) > MAX_WAIT_MS) throw unreachable(error);
    await pause(asked ?? retryDelay * 2 ** (count - 1), signal);
  };
  return {
    failed,
    progressed: () => {
      count = 0;
    },
    run: async (work) => {
      for (;;) {
        try {
          return await work();
        } catch (error) {
          await failed(error);
        }
      }
    },
  };
}

export function isPassing(statusCode: number): boolean {
  return PASSING.has(statusCode);
}

export function isHopeless(error: unknown): boolean {
  return HOPELESS.has(systemCode(error) ?? '');
}

/** `Retry-After` (RFC 9110, 10.2.3) in milliseconds: seconds, or a date. Undefined when it says neither. */
export function retryAfter(value: unknown, now: () => number = Date.now): number | undefined {
  if (typeof value !== 'string') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now());
}

/** Ends at once when interrupted; the next attempt then says so. */
function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}
