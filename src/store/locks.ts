/**
 * Named locks between processes, and marks that say "in use". A lock is a symbolic link whose target names its owner:
 * symlink(2) makes it in one step, with its content, and fails if it is there.
 *
 * A lock whose owner is gone is broken by election. Removing it outright would be a race: between looking and
 * unlinking, another process could break it, take it anew, and lose it to us. Every taking has a target of its own, so
 * "the right to remove this taking" can itself be claimed once, by a second link named after the target. Whoever has
 * the claim looks again, and only then removes. A claim whose owner is gone too passes to the next number.
 */
import { closeSync, lstatSync, openSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

import { monotonic } from '../events.ts';
import { DecantError, systemCode } from '../errors.ts';
import { removeFile, storeError } from './files.ts';
import type { StoreLayout } from './layout.ts';
import { isAlive, ownedName, ownerOf, type Owner } from './owner.ts';

export type Release = () => void;

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for the others, in milliseconds. */
  readonly timeout?: number;
}

export interface Locks {
  /** Waits for the lock. Throws STORE_BUSY after the timeout, INTERRUPTED when the signal says so. */
  readonly acquire: (name: string, options?: WaitOptions) => Promise<Release>;
  /** Holds the lock while `work` runs. */
  readonly hold: <T>(name: string, work: () => T | Promise<T>, options?: WaitOptions) => Promise<T>;
  /** Takes the store for shared use; waits while someone prunes it. */
  readonly use: (options?: WaitOptions) => Promise<Release>;
  /** Takes the store for oneself. Throws STORE_BUSY while others use it, after `timeout` (default: at once). */
  readonly exclusive: (options?: WaitOptions) => Promise<Release>;
}

/** The lock that pruning holds, and that using the store waits for. */
const EXCLUSIVE = 'exclusive';
const DEFAULT_TIMEOUT_MS = 60_000;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 200;
/** Breakers that died in the middle of breaking, one after another. */
const MAX_CLAIMS = 100;

export function locksOf(layout: StoreLayout): Locks {
  const pathOf = (name: string): string => layout.path('locks', name);
  const marks = layout.path('locks', 'use');

  const acquire = async (name: string, options: WaitOptions = {}): Promise<Release> => {
    layout.ensure();
    const path = pathOf(name);
    const own = ownedName();
    const free = await poll(options, () => {
      if (tryLink(own, path)) return true;
      const held = inspect(path);
      if (held && !held.alive) breakStale(path, held.target);
      return tryLink(own, path);
    });
    if (free) return () => void (readTarget(path) === own && removeFile(path));
    throw busy(`lock ${name}`, path, inspect(path)?.owner);
  };

  const users = (): readonly { readonly path: string; readonly owner: Owner }[] =>
    readdirSync(marks).flatMap((name) => {
      const path = `${marks}/${name}`;
      const owner = ownerOf(name);
      if (!owner) return [];
      if (isAlive(owner, ageOf(path))) return [{ path, owner }];
      // The name is never used again, so removing it takes nothing from anyone.
      removeFile(path);
      return [];
    });

  // One mark for all uses through this handle. A use within a use must not wait: someone who waits for the store to
  // be free would be waiting for the outer one.
  let shared: { readonly mark: string; users: number } | undefined;
  const share = (use: { readonly mark: string; users: number }): Release => {
    use.users += 1;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      use.users -= 1;
      if (use.users > 0) return;
      shared = undefined;
      removeFile(use.mark);
    };
  };

  return {
    acquire,
    hold: async (name, work, options) => {
      const release = await acquire(name, options);
      try {
        return await work();
      } finally {
        release();
      }
    },
    // The mark is made before the lock is looked at, and `exclusive` takes the lock before it looks for marks:
    // whichever comes second sees the other.
    use: async (options = {}) => {
      layout.ensure();
      if (shared) return share(shared);
      const mark = `${marks}/${ownedName()}`;
      const free = await poll(options, () => {
        makeFile(mark);
        if (inspect(pathOf(EXCLUSIVE))?.alive !== true) return true;
        removeFile(mark);
        return false;
      });
      if (!free) throw busy('the store', pathOf(EXCLUSIVE), inspect(pathOf(EXCLUSIVE))?.owner);
      if (shared) removeFile(mark);
      shared ??= { mark, users: 0 };
      return share(shared);
    },
    exclusive: async (options = {}) => {
      const wait = { signal: options.signal, timeout: options.timeout ?? 0 };
      const release = await acquire(EXCLUSIVE, wait);
      try {
        if (await poll(wait, () => users().length === 0)) return release;
        const [first] = users();
        throw busy('the store', first?.path ?? marks, first?.owner);
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

/** Asks again and again, less and less often; false once the time is up. */
async function poll(
  { signal, timeout = DEFAULT_TIMEOUT_MS }: WaitOptions,
  ready: () => boolean,
): Promise<boolean> {
  const end = monotonic() + timeout;
  let wait = FIRST_WAIT_MS;
  for (;;) {
    if (signal?.aborted) throw interrupted();
    if (ready()) return true;
    const left = end - monotonic();
    if (left <= 0) return false;
    await sleep(Math.min(left, wait * (0.5 + Math.random())), signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

/** Waits before asking again, longer from turn to turn. Throws INTERRUPTED. */
export async function pause(turn: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) throw interrupted();
  await sleep(Math.min(FIRST_WAIT_MS * 2 ** turn, LONGEST_WAIT_MS) * (0.5 + Math.random()), signal);
  if (signal?.aborted) throw interrupted();
}

/** Ends at once when interrupted. */
function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return setTimeout(milliseconds, undefined, { signal }).catch(() => undefined);
}

interface Held {
  readonly target: string;
  readonly owner: Owner | undefined;
  readonly alive: boolean;
}

function inspect(path: string): Held | undefined {
  const target = readTarget(path);
  if (target === undefined) return undefined;
  const owner = ownerOf(target);
  return { target, owner, alive: owner === undefined || isAlive(owner, ageOf(path)) };
}

function breakStale(path: string, target: string): void {
  const claims: string[] = [];
  for (let number = 0; number < MAX_CLAIMS; number += 1) {
    const claim = `${path}.break.${target}.${number}`;
    claims.push(claim);
    if (!tryLink(ownedName(), claim)) {
      const other = inspect(claim);
      if (other?.alive === false) continue;
      return;
    }
    if (readTarget(path) === target) removeFile(path);
    for (const name of claims.reverse()) removeFile(name);
    return;
  }
}

function tryLink(target: string, path: string): boolean {
  try {
    symlinkSync(target, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw storeError(error, path);
  }
}

function readTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    // EINVAL: not a link, so not a lock of ours; whoever waits for it is told its name.
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'EINVAL') return undefined;
    throw storeError(error, path);
  }
}

function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'w', 0o600));
  } catch (error) {
    throw storeError(error, path);
  }
}

function ageOf(path: string): number {
  try {
    return Date.now() - lstatSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

function busy(what: string, path: string, owner: Owner | undefined): DecantError {
  const who = owner ? `process ${owner.pid}` : 'another process';
  return new DecantError('STORE_BUSY', `${what} is in use by ${who}`, {
    hint: `wait until it has finished; if no such process is running, remove ${path}`,
  });
}

function interrupted(): DecantError {
  return new DecantError('INTERRUPTED', 'interrupted while waiting for the store');
}
