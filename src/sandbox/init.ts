/**
 * The first steps inside the sandbox, from a fresh root to the user's process: what `runc init` does between
 * pivot_root and execve (OCI runtime-spec, config.md, "process"), for the part that bubblewrap leaves to us.
 */
import { constants } from 'node:os';
import { encodePath } from '../codec/path.ts';
import { pathText } from './data-section.ts';
import type { Capabilities } from './capabilities.ts';
import type { CallStep, ExecuteStep } from './static-program.ts';
import { setLimit } from './limits.ts';
import type { Limit } from './limits.ts';

/** File descriptors that decant hands down the chain of programs (see run.ts). */
export const DESCRIPTORS = {
  diagnostics: 2,
  arguments: 3,
  status: 4,
  lifeline: 5,
  stderr: 6,
  attributes: 7,
  firstData: 8,
} as const;

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

export interface InitRequest {
  readonly args: readonly string[];
  /** Steps in place of the program that `args` names, done as the user; the last one must not return. */
  readonly program?: readonly (CallStep | ExecuteStep)[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: User;
  readonly capabilities: Capabilities;
  /** Standard output and error are pipes of our own, which the user must be able to open as /dev/stdout. */
  readonly ownsOutput: boolean;
  /** Files in the sandbox that are to belong to someone other than root. */
  readonly limits?: readonly Limit[] | undefined;
  readonly owned: readonly { readonly path: string; readonly uid: number; readonly gid: number }[];
}

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const AT_FDCWD = -100;
const PR_CAPBSET_DROP = 24;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;
const LINUX_CAPABILITY_VERSION_3 = 0x20080522;
/** Signals that the chain outside ignores; what is ignored stays ignored across execve. */
export const IGNORED_OUTSIDE = [
  constants.signals.SIGHUP,
  constants.signals.SIGINT,
  constants.signals.SIGQUIT,
  constants.signals.SIGTERM,
];

export function initSteps(request: InitRequest): (CallStep | ExecuteStep)[] {
  return [
    ...takeOver(),
    ...(request.ownsOutput ? ownOutput(request.user) : []),
    ...request.owned.map(({ path, uid, gid }): CallStep => ({
      call: 'fchownat',
      args: [AT_FDCWD, pathText(path), uid, gid, 0],
    })),
    { call: 'umask', args: [0o022] },
    ...(request.limits ?? []).map(setLimit),
    {
      call: 'chdir',
      args: [pathText(request.cwd)],
      failure: { message: `cannot change to the working directory ${request.cwd}`, status: 127 },
    },
    ...becomeUser(request.user, request.capabilities),
    ...(request.program ?? [execute(request)]),
  ];
}

/**
 * bubblewrap asks the kernel to be killed with its parent, but a parent that died just before that is not noticed.
 * The lifeline is: its other end is open for as long as decant lives.
 */
function takeOver(): CallStep[] {
  const poll = Buffer.alloc(8);
  poll.writeInt32LE(DESCRIPTORS.lifeline, 0);
  return [
    {
      call: 'ppoll',
      args: [poll, 1, Buffer.alloc(16), 0, 0],
      failure: { message: 'decant is gone', status: 137 },
    },
    { call: 'dup3', args: [DESCRIPTORS.stderr, 2, 0] },
    { call: 'close', args: [DESCRIPTORS.lifeline] },
    { call: 'close', args: [DESCRIPTORS.stderr] },
    { call: 'close_range', args: [3, 0xffffffff, 0] },
    ...IGNORED_OUTSIDE.map((signal): CallStep => ({
      call: 'rt_sigaction',
      args: [signal, Buffer.alloc(32), 0, 8],
    })),
  ];
}

function ownOutput(user: User): CallStep[] {
  return user.uid === 0 ? [] : [1, 2].map((fd) => ({ call: 'fchown', args: [fd, user.uid, user.gid] }));
}

function becomeUser(user: User, capabilities: Capabilities): CallStep[] {
  // The primary group too: else a file that denies it something could be had through the group's absence.
  const list = [...new Set([user.gid, ...user.groups])];
  const groups = Buffer.alloc(4 * list.length);
  list.forEach((group, index) => groups.writeUInt32LE(group, index * 4));
  const failure = {
    message: `cannot become user ${user.uid}:${user.gid} with groups [${list.join(',')}]: an id is not mapped here`,
    status: 126,
  };
  return [
    ...capabilities.dropped.map((number): CallStep => ({
      call: 'prctl',
      args: [PR_CAPBSET_DROP, number, 0, 0, 0],
    })),
    { call: 'prctl', args: [PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0] },
    { call: 'setgroups', args: [list.length, groups], failure },
    { call: 'setresgid', args: [user.gid, user.gid, user.gid], failure },
    { call: 'setresuid', args: [user.uid, user.uid, user.uid], failure },
    setCapabilities(user.uid === 0 ? capabilities.mask : 0n),
  ];
}

/** Nothing is inheritable: a file with inheritable capabilities would give them to a user who is not root. */
function setCapabilities(mask: bigint): CallStep {
  const header = Buffer.alloc(8);
  header.writeUInt32LE(LINUX_CAPABILITY_VERSION_3, 0);
  const data = Buffer.alloc(24);
  for (const [offset, half] of [
    [0, mask & 0xffffffffn],
    [12, mask >> 32n],
  ] as const) {
    data.writeUInt32LE(Number(half), offset);
    data.writeUInt32LE(Number(half), offset + 4);
  }
  return {
    call: 'capset',
    args: [header, data],
    failure: { message: 'cannot drop capabilities', status: 126 },
  };
}

function execute(request: InitRequest): ExecuteStep {
  const name = request.args[0] ?? '';
  const directories = (request.env['PATH'] ?? DEFAULT_PATH).split(':');
  const candidates = name.includes('/') || name === '' ? [name] : directories.map((each) => join(each, name));
  return {
    execute: candidates.map((path) => encodePath(path)),
    argv: request.args.map((argument) => encodePath(argument)),
    environment: Object.entries(request.env).map(([key, value]) => encodePath(`${key}=${value}`)),
    name: name.includes('/') ? name : `${name === '' ? '""' : name} in PATH`,
  };
}

/** An empty component of PATH is the working directory. */
function join(directory: string, name: string): string {
  return directory === '' ? `./${name}` : `${directory}/${name}`;
}
