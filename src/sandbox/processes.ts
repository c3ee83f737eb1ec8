/**
 * The processes of a sandbox, as seen from outside (proc(5)). Programs inside count from 1; outside their numbers are
 * found by descent from the one process that decant started itself, and that stays until decant has waited for it.
 */
import { readFileSync, readdirSync } from 'node:fs';

/** The process that is `generations` below `pid`, where each has one child; undefined where there is none. */
export function descendant(pid: number, generations: number): number | undefined {
  const parents = parentNumbers();
  let current: number | undefined = pid;
  for (let generation = 0; generation < generations && current !== undefined; generation += 1) {
    current = parents.get(current);
  }
  return current;
}

/** Whether the process has a handler for the signal. The first one of a namespace is not sent any other (but SIGKILL). */
export function catchesSignal(pid: number, number: number): boolean {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? '0';
  return ((BigInt(`0x${mask}`) >> BigInt(number - 1)) & 1n) === 1n;
}

/** Parent to child (the last one seen). The name in parentheses may have anything in it, parentheses too. */
function parentNumbers(): Map<number, number> {
  const children = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const parent = /^.*\) \S (\d+) /s.exec(readIfThere(`/proc/${name}/stat`))?.[1];
    if (parent !== undefined) children.set(Number(parent), Number(name));
  }
  return children;
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
