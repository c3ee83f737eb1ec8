/**
 * Who a temporary folder or a lock belongs to: a process, named so that another process can tell whether it is still
 * there. A pid alone is not enough, pids are reused; with the start time (proc(5), /proc/pid/stat field 22) it is.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';

import { systemCode } from '../errors.ts';

export interface Owner {
  readonly pid: number;
  /** Clock ticks since the machine was started; '0' where there is no /proc. */
  readonly started: string;
  /** Inode of its pid namespace: pids mean nothing in another one. '0' where there is no /proc. */
  readonly namespace: string;
}

/** An owner in another pid namespace cannot be asked about; after this long it is taken to be gone. */
export const FOREIGN_OWNER_TIMEOUT_MS = 24 * 60 * 60 * 1000;

const NAME = /^(\d{1,10})-(\d{1,20})-(\d{1,20})-([0-9a-f]{16})$/;

let current: Owner | undefined;

/** This process. */
export function self(): Owner {
  current ??= { pid: process.pid, started: statusOf(process.pid)?.started ?? '0', namespace: namespaceOf() };
  return current;
}

/** A name that no other process and no later call comes up with, and that says whose it is. */
export function ownedName(owner: Owner = self()): string {
  return `${owner.pid}-${owner.started}-${owner.namespace}-${randomBytes(8).toString('hex')}`;
}

/** The owner that `ownedName` wrote, or undefined for any other name. */
export function ownerOf(name: string): Owner | undefined {
  const [, pid, started = '', namespace = ''] = NAME.exec(name) ?? [];
  return pid === undefined ? undefined : { pid: Number(pid), started, namespace };
}

/** Whether the owner may still be running. `ageMs`: how long ago its file was last written. */
export function isAlive(owner: Owner, ageMs: number): boolean {
  if (owner.namespace !== self().namespace) return ageMs < FOREIGN_OWNER_TIMEOUT_MS;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it runs, as someone else.
    if (systemCode(error) === 'ESRCH') return false;
  }
  const found = statusOf(owner.pid);
  // Unknown (no /proc, or one that hides other users' processes): better to wait for it than to break in.
  if (!found) return true;
  // A zombie does nothing any more; in a container nobody may ever wait for it.
  return found.started === owner.started && found.state !== 'Z' && found.state !== 'X';
}

function statusOf(pid: number): { readonly state: string; readonly started: string } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in parentheses, may hold spaces and parentheses itself; state is the first field after the last.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', started: fields[19] ?? '0' };
  } catch {
    return undefined;
  }
}

function namespaceOf(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}
