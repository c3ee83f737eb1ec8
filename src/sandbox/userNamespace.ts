/**
 * Being root without being root (user_namespaces(7)): decant runs itself again inside a user namespace in which the
 * user is root, and the user's range of subordinate ids (subuid(5)) is everybody else. Inside, everything works as it
 * does for root, with these differences: overlayfs keeps its marks in `user.` attributes, and nobody can make devices.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { DecantError, systemCode } from '../errors.ts';
import { subordinateRange } from './subordinate.ts';
import type { IdRange } from './subordinate.ts';
import { findTool } from './tools.ts';

/** Set for the program inside. */
const MARKER = 'DECANT_USER_NAMESPACE';

/** Whether this process was started by `enterUserNamespace`, or is root of a user namespace that someone else made. */
export function isInUserNamespace(): boolean {
  return process.env[MARKER] !== undefined || !mapsAllIds();
}

/** Whether what needs root cannot be done from here: this process is an ordinary user's. */
export function needsUserNamespace(): boolean {
  return process.geteuid?.() !== 0;
}

function mapsAllIds(): boolean {
  return /^\s*0\s+0\s+4294967295\s*$/.test(readIfThere('/proc/self/uid_map') ?? '');
}

export interface EnterOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called with a function that passes a signal on to the program inside. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

/**
 * Runs a program (usually this one again: `[process.execPath, ...]`) as root of a new user namespace, with its own
 * mount namespace and decant's standard streams. The status is the program's, 128 + the signal if one ended it.
 * Throws MACHINE_UNSUPPORTED or TOOL_MISSING, with what to install or set.
 */
export async function enterUserNamespace(argv: readonly string[], options: EnterOptions): Promise<number> {
  const [uids, gids] = ownRanges();
  const tools = { uid: findTool('newuidmap'), gid: findTool('newgidmap') };
  const sh = findTool('sh');
  const child = spawn(
    findTool('unshare'),
    [
      '--user',
      '--mount',
      '--',
      sh,
      '-c',
      WAIT,
      'sh',
      findTool('setpriv'),
      sh,
      START,
      String(process.pid),
      ...argv,
    ],
    { env: { ...options.env, [MARKER]: '1' }, stdio: [0, 1, 2, 'pipe'] },
  );
  const ended = endOf(child);
  const gate = child.stdio[3] as Duplex;
  gate.on('error', () => undefined);
  try {
    await started(gate, ended);
    await Promise.all([
      writeMap(tools.uid, child, [
        { inside: 0, outside: process.geteuid?.() ?? 0, count: 1 },
        { inside: 1, ...uids },
      ]),
      writeMap(tools.gid, child, [
        { inside: 0, outside: process.getegid?.() ?? 0, count: 1 },
        { inside: 1, ...gids },
      ]),
    ]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  options.onStart?.((signal) => child.kill(signal));
  gate.end('go\n');
  const [status, signal] = await ended;
  return status ?? 128 + (signal ? constants.signals[signal] : 0);
}

/** Whether it would work, as far as can be told without trying: says with which ids, or throws as above. */
export function checkUserNamespace(): string {
  const [uids] = ownRanges();
  for (const tool of ['newuidmap', 'newgidmap', 'unshare'] as const) findTool(tool);
  if (['kernel/unprivileged_userns_clone', 'user/max_user_namespaces'].some((name) => setting(name) === '0'))
    throw refused();
  if (setting('kernel/apparmor_restrict_unprivileged_userns') === '1') throw refused();
  return `${uids.count} subordinate ids from ${uids.outside}`;
}

function setting(path: string): string | undefined {
  return readIfThere(`/proc/sys/${path}`)?.trim();
}

/** Says that the namespace is there; goes on once its ids are mapped, and ends if decant is gone. */
const WAIT = `echo ready >&3 && read -r word <&3 && [ "$word" = go ] || exit 1
setpriv=$1 sh=$2 start=$3
shift 3
exec "$setpriv" --pdeathsig KILL -- "$sh" -c "$start" sh "$@" 3>&-
`;

/**
 * Becomes the program, which ends with decant: the kernel forgets a wish for that signal when a program gains
 * capabilities, so setpriv comes after the ids are there. Whoever was orphaned before that has another parent now.
 */
const START = `[ "$PPID" = "$1" ] || exit 1
shift
exec "$@"
`;

async function started(gate: Duplex, ended: Promise<unknown>): Promise<void> {
  const ready = new Promise<boolean>((resolve) => {
    gate.once('data', () => resolve(true));
  });
  const isReady = await Promise.race([ready, ended.then(() => false)]);
  if (!isReady) throw refused();
}

interface Mapping extends IdRange {
  readonly inside: number;
}

async function writeMap(tool: string, child: ChildProcess, mappings: readonly Mapping[]): Promise<void> {
  const numbers = mappings.flatMap(({ inside, outside, count }) => [inside, outside, count]).map(String);
  try {
    await promisify(execFile)(tool, [String(child.pid), ...numbers]);
  } catch (error) {
    throw new DecantError('MACHINE_UNSUPPORTED', `${tool} could not map the user's ids`, {
      cause: error,
      hint: 'newuidmap and newgidmap must be setuid root or have the capabilities cap_setuid and cap_setgid (package uidmap)',
    });
  }
}

function ownRanges(): readonly [IdRange, IdRange] {
  const uid = process.geteuid?.() ?? 0;
  const name = nameOf(uid);
  return [rangeIn('/etc/subuid', uid, name), rangeIn('/etc/subgid', uid, name)];
}

function rangeIn(file: string, uid: number, name: string | undefined): IdRange {
  const range = subordinateRange(readIfThere(file) ?? '', uid, name);
  if (range) return range;
  const user = name ?? String(uid);
  throw new DecantError(
    'MACHINE_UNSUPPORTED',
    `the user ${user} has no range of subordinate ids in ${file}`,
    {
      hint: `as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${user}`,
    },
  );
}

function nameOf(uid: number): string | undefined {
  const line = (readIfThere('/etc/passwd') ?? '')
    .split('\n')
    .find((each) => each.split(':')[2] === String(uid));
  return line?.split(':', 1)[0];
}

/** Why the kernel does not give an ordinary user a user namespace. */
function refused(): DecantError {
  const message = 'this machine does not let ordinary users make user namespaces';
  if (setting('kernel/apparmor_restrict_unprivileged_userns') === '1') {
    return new DecantError('MACHINE_UNSUPPORTED', `${message}: AppArmor restricts them`, {
      hint: 'as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (or run decant as root)',
    });
  }
  if (setting('kernel/unprivileged_userns_clone') === '0') {
    return new DecantError('MACHINE_UNSUPPORTED', `${message}: kernel.unprivileged_userns_clone is 0`, {
      hint: 'as root: sysctl -w kernel.unprivileged_userns_clone=1 (or run decant as root)',
    });
  }
  if (setting('user/max_user_namespaces') === '0') {
    return new DecantError('MACHINE_UNSUPPORTED', `${message}: user.max_user_namespaces is 0`, {
      hint: 'as root: sysctl -w user.max_user_namespaces=15000 (or run decant as root)',
    });
  }
  return new DecantError('MACHINE_UNSUPPORTED', message, {
    hint: 'in a container: allow the system calls unshare and mount (seccomp, AppArmor), or run decant as root',
  });
}

function endOf(child: ChildProcess): Promise<readonly [number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve([status, signal]));
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'EACCES'].includes(systemCode(error) ?? '')) return undefined;
    throw error;
  }
}
