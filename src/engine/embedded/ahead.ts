/**
 * Work that begins before it is its turn. Keys are found one after the other, from the base up; where finding one takes
 * doing the steps of another stage, everything above would wait for that, other stages too. So as soon as it is clear
 * that a key takes work, what the steps above it are going to need begins beside it.
 */
import { all } from './memo.ts';

export interface Ahead {
  /** Waits for `turn`, and for the work if that has begun by then. Of two failures, the one that is a cause. */
  until<T>(turn: Promise<T>): Promise<T>;
  hasBegun(): boolean;
}

/** @param signal Resolved when the work is to begin. Nothing begins once `until` is over. */
export function ahead(signal: Promise<void>, work: () => Promise<unknown>): Ahead {
  let begun: Promise<unknown> | undefined;
  let isTurn = false;
  void signal.then(() => {
    if (isTurn) return;
    begun = work();
    // Whoever waits for the turn is told.
    begun.catch(() => undefined);
  });
  return {
    async until(turn) {
      await Promise.allSettled([turn]);
      isTurn = true;
      const [result] = await all([turn, begun] as const);
      return result;
    },
    hasBegun: () => begun !== undefined,
  };
}

/** A promise and the function that resolves it. */
export function signalled(): { readonly signal: Promise<void>; readonly give: () => void } {
  let give = (): void => undefined;
  const signal = new Promise<void>((resolve) => (give = resolve));
  return { signal, give };
}

/** What never comes; one for each who waits, as a promise that stays open keeps all its waiters. */
export function never(): Promise<void> {
  return new Promise(() => undefined);
}
