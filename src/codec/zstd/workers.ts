/** Where frames are compressed: in threads, or here and now. */
import { threadPool } from '../threads.ts';
import type { ThreadJob } from '../threads.ts';
import { createZstd, loadZstdModule } from './frame.ts';
import type { WasmModule } from './frame.ts';

/** Bytes of input that become one frame. Fixed: other frames are other bytes. */
export const FRAME_BYTES = 4 * 1024 * 1024;

export interface Job extends ThreadJob {
  readonly length: number;
  readonly level: number;
}

let module: WasmModule | undefined;
let local: ReturnType<typeof createZstd> | undefined;

const pool = threadPool<Job>({
  name: 'decant-zstd',
  source: `(data) => {
    const createZstd = ${createZstd.toString()};
    const compress = createZstd(data.module, data.capacity);
    return ({ buffer, length, level }) => compress(new Uint8Array(buffer, 0, length), level);
  }`,
  data: () => ({ module: (module ??= loadZstdModule()), capacity: FRAME_BYTES }),
});

/** Compresses in a thread; at most `most` are started. */
export const frameInWorker = pool.run;

/** Compresses here and now: for what is done sooner than a thread is started. */
export function frameHere({ buffer, length, level }: Job): Uint8Array {
  module ??= loadZstdModule();
  local ??= createZstd(module, FRAME_BYTES);
  return local(new Uint8Array(buffer, 0, length), level);
}
