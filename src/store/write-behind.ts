/**
 * Has the disk write a long file while more of it comes. Otherwise all of it is waited for at the end, by a process that
 * has nothing else left to do.
 */
import type { FileHandle } from 'node:fs/promises';

const EVERY_BYTES = 16 * 1024 * 1024;

export interface WriteBehind {
  /** So many bytes more have been written to the file. */
  readonly wrote: (bytes: number) => void;
  /** fsync (POSIX.1), and whatever went wrong before: Linux tells each failure only once. */
  readonly finish: () => Promise<void>;
}

/** One file at a time: each that waits for the disk holds a thread that others need to write. */
let isDiskBusy = false;

export function writeBehind(handle: Pick<FileHandle, 'datasync' | 'sync'>): WriteBehind {
  let unsynced = 0;
  let earlier: Promise<void> = Promise.resolve();
  return {
    wrote(bytes) {
      unsynced += bytes;
      if (unsynced < EVERY_BYTES || isDiskBusy) return;
      unsynced = 0;
      isDiskBusy = true;
      const syncing = handle.datasync().finally(() => (isDiskBusy = false));
      earlier = Promise.all([earlier, syncing]).then(() => undefined);
      // It is `finish` that tells of it, unless the file is given up before.
      earlier.catch(() => undefined);
    },
    async finish() {
      await earlier;
      await handle.sync();
    },
  };
}
