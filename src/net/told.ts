/** Telling how far a transfer is, not more often than anyone can look. */
import type { ByteStream } from '../codec/stream.ts';
import { type Emit, monotonic } from '../events.ts';

const INTERVAL_MS = 100;

export interface Transfer {
  readonly add: (bytes: number) => void;
  readonly done: () => void;
}

/** @param total In bytes, where it is known. */
export function startTransfer(emit: Emit, id: string, label: string, total?: number): Transfer {
  let bytes = 0;
  let last = monotonic();
  const tell = (done: boolean): void => {
    last = monotonic();
    emit({ type: 'transfer', time: last, id, label, bytes, ...(total === undefined ? {} : { total }), done });
  };
  return {
    add(more) {
      bytes += more;
      if (monotonic() - last >= INTERVAL_MS) tell(false);
    },
    done: () => tell(true),
  };
}

/** The same bytes, told about. `total` is in bytes. */
export async function* told(
  source: ByteStream,
  emit: Emit,
  id: string,
  label: string,
  total?: number,
): AsyncGenerator<Uint8Array> {
  const transfer = startTransfer(emit, id, label, total);
  for await (const chunk of source) {
    transfer.add(chunk.length);
    yield chunk;
  }
  transfer.done();
}

/** Says that something did not have to be transferred, and why: `already there`. */
export function skipped(emit: Emit, id: string, label: string, why: string): void {
  emit({ type: 'transfer', time: monotonic(), id, label, bytes: 0, done: true, skipped: why });
}
