/**
 * What progress needs of the outside: a stream to write to, its size, and a clock. Both are handed in, so that
 * everything here runs the same in a test.
 */
import { monotonic } from '../../events.ts';

/** Where progress goes: standard error, as a rule. */
export interface Terminal {
  write(text: string): void;
  readonly isTTY: boolean;
  /** The width now; 0 where it is not known. */
  columns(): number;
  /** The height now; without it, or with 0, it is taken to be 24. */
  rows?(): number;
  readonly color: boolean;
  /** Calls the listener when the size changes, until the function it returns is called. */
  onResize?(listener: () => void): () => void;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export function sizeOf(terminal: Terminal): Size {
  return { columns: terminal.columns() || 80, rows: terminal.rows?.() || 24 };
}

export interface Clock {
  /** Milliseconds, on the clock of the events. */
  now(): number;
  /** Calls `call` every so many milliseconds until the function it returns is called. */
  every(milliseconds: number, call: () => void): () => void;
}

export const SYSTEM_CLOCK: Clock = {
  now: monotonic,
  every: (milliseconds, call) => {
    // The display must not keep a process alive that has nothing else to do.
    const timer = setInterval(call, milliseconds).unref();
    return () => clearInterval(timer);
  },
};
