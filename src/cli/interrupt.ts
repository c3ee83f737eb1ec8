/**
 * Ctrl-C and friends: the first asks everything to stop and clean up, the second does not wait for that.
 */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Lets the signals go where they went before. */
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function onInterrupt(): Interruption {
  const controller = new AbortController();
  const stop = (): void => {
    // Nothing that is running can be damaged by this: every write is atomic.
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
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
