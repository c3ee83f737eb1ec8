/** Telling how far a transfer is, not more often than anyone can look. */
import type { Emit } from '../events.ts';

const INTERVAL_MILLISECONDS = 100;

export interface Transfer {
  add(bytes: number): void;
  done(): void;
}

export function startTransfer(emit: Emit, id: string, label: string): Transfer {
  let bytes = 0;
  let told = performance.now();
  const tell = (done: boolean): void => {
    told = performance.now();
    emit({ type: 'transfer', time: told, id, label, bytes, done });
  };
  return {
    add(more) {
      bytes += more;
      if (performance.now() - told >= INTERVAL_MILLISECONDS) tell(false);
    },
    done: () => tell(true),
  };
}
