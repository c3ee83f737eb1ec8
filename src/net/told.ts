/** Telling how far a transfer is, not more often than anyone can look. */
import type { ByteStream } from '../codec/stream.ts';
import type { Emit } from '../events.ts';

const INTERVAL_MS = 100;

/** The same bytes, told about. `total` is in bytes. */
export async function* told(
  source: ByteStream,
  emit: Emit,
  id: string,
  label: string,
  total?: number,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let last = performance.now();
  const tell = (done: boolean): void => {
    last = performance.now();
    emit({ type: 'transfer', time: last, id, label, bytes, ...(total === undefined ? {} : { total }), done });
  };
  for await (const chunk of source) {
    bytes += chunk.length;
    if (performance.now() - last >= INTERVAL_MS) tell(false);
    yield chunk;
  }
  tell(true);
}

/** Says that something did not have to be transferred, and why: `already there`. */
export function skipped(emit: Emit, id: string, label: string, why: string): void {
  emit({ type: 'transfer', time: performance.now(), id, label, bytes: 0, done: true, skipped: why });
}
