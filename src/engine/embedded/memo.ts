/** Promises of one build, shared and waited for: made once, all ended before one failure is told. */
import { DecantError } from '../../errors.ts';

/** A promise made when it is first asked for, and once. */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

/** At most `limit` tasks at a time; the others wait their turn. */
export function limiter(limit: number): <T>(task: () => Promise<T>) => Promise<T> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (task) => {
    if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await task();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/**
 * As `Promise.all`, but ends only when all have: after a failure the others are being stopped, and what they use must
 * stay until they are. The error is the first that is not the stopping itself.
 */
export async function all<T extends readonly unknown[]>(
  promises: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(promises);
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) throw failures.find((error) => !isInterruption(error)) ?? failures[0];
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

export function isInterruption(error: unknown): boolean {
  if (error instanceof DecantError) return error.code === 'INTERRUPTED';
  // What Node's own functions throw when their signal is aborted.
  return error instanceof Error && error.name === 'AbortError';
}
