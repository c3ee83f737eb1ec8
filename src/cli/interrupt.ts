/**
 * Ctrl-C and friends: the first asks everything to stop and clean up, the second does not wait for that.
 */
import { setMaxListeners } from 'node:events';
import { monotonic } from '../events.ts';
import { DecantError } from '../errors.ts';
import { interruptInput } from './io.ts';

export interface Interruption {
  readonly signal: AbortSignal;
  /** Lets the signals go where they went before. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * One Ctrl-C can arrive twice: from the terminal, and handed on by the process that this one stands for, which a busy
 * machine may keep waiting. Who means a second one types it again.
 */
const SAME_MS = 500;

export function onInterrupt(): Interruption {
  const controller = new AbortController();
  // Every transfer listens, and there may be any number of them side by side.
  setMaxListeners(0, controller.signal);
  let first = 0;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (monotonic() - first < SAME_MS) return;
      // Nothing that is running can be damaged by this: every write is atomic.
      process.exit(130);
    }
    first = monotonic();
    controller.abort();
    interruptInput(new DecantError('INTERRUPTED', 'interrupted'));
  };
  for (const name of SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    dispose() {
      for (const name of SIGNALS) process.off(name, stop);
    },
  };
}

/**
 * Hands signals on to a process that stands for this one. What is typed at a terminal reaches both by itself, and two
 * of the same would mean "do not wait".
 */
export function passSignals(kill: (signal: NodeJS.Signals) => void): () => void {
  const pass = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    kill(signal);
  };
  const names = [...SIGNALS, 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const;
  for (const name of names) process.on(name, pass);
  return () => {
    for (const name of names) process.off(name, pass);
  };
}
