/** Waiting for what another program does. The limit is for what never comes: a busy machine is to be waited for. */
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const LIMIT_MS = 120_000;

export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limit = LIMIT_MS,
): Promise<void> {
  for (const end = performance.now() + limit; !(await condition());) {
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await setTimeout(10);
  }
}

/** Comes back as soon as somebody listens at the socket: it is there a moment before. */
export function untilListening(path: string): Promise<void> {
  return until(`a listener at ${path}`, () => {
    const socket = connect(path);
    return new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    }).finally(() => socket.destroy());
  });
}
