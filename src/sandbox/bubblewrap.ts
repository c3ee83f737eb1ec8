/**
 * The command line of bubblewrap (bwrap(1), version 0.8 and later): which namespaces, which mounts, which capabilities.
 * It is handed over through a file descriptor and holds no environment and no secret.
 */
import { encodePath } from '../codec/path.ts';
import type { Capabilities } from './capabilities.ts';
import { DESCRIPTORS } from './init.ts';
import type { Mount } from './mounts.ts';

/** Where the program of static-program.ts is, in the sandbox's own /dev, which is no part of any layer. */
export const INIT_PATH = '/dev/.decant-init';

/** Docker's size for /dev/shm. */
const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;

/** Devices of the host that a step with all privileges finds, where there are any. */
const HOST_DEVICES = ['fuse', 'kvm', 'loop-control', 'net', 'mapper', 'vhost-net', 'vhost-vsock'];

/** Kernel interfaces that Docker hides as well: they tell about, or act on, the whole machine. */
const HIDDEN_FILES = [
  '/proc/kcore',
  '/proc/keys',
  '/proc/timer_list',
  '/proc/sched_debug',
  '/proc/latency_stats',
];
const HIDDEN_DIRECTORIES = [
  ['/proc/acpi', '/proc/scsi', '/proc/asound', '/sys/firmware', '/sys/devices/virtual/powercap'],
  ['/sys/kernel/debug', '/sys/kernel/tracing', '/sys/fs/bpf'],
  // Comes along with /proc/sys where the machine has programs for foreign platforms.
  ['/proc/sys/fs/binfmt_misc'],
].flat();
/** bubblewrap leaves these writable for the machine's root; with /proc/sys/kernel/core_pattern one gets out. */
const READ_ONLY_PATHS = ['/proc/sys', '/proc/sysrq-trigger', '/proc/fs'];

export interface BubblewrapRequest {
  /** The mounted root on the host. */
  readonly root: string;
  readonly readOnly: boolean;
  readonly network: 'host' | 'none';
  readonly hostname: string;
  /** The process keeps the terminal that decant was started from. */
  readonly terminal: boolean;
  readonly capabilities: Capabilities;
  /** See seccomp.ts; absent where nothing is refused. */
  readonly seccomp: Uint8Array | undefined;
  /** `--security=insecure`: nothing of the kernel's interfaces is hidden or protected. */
  readonly insecure: boolean;
  /** Bytes of /dev/shm. */
  readonly sharedMemory?: number | undefined;
  /** Those of trees as binds of what is mounted for them. */
  readonly mounts: readonly Exclude<Mount, { readonly type: 'tree' }>[];
  /** Tells whether a host path exists; what is not there cannot be hidden. */
  readonly exists: (path: string) => boolean;
}

export interface BubblewrapCommand {
  /** Null-terminated arguments, for `--args`. */
  readonly args: Buffer;
  /** What to write to each descriptor from DESCRIPTORS.firstData + 1 on. */
  readonly data: readonly Uint8Array[];
}

export function bubblewrapCommand(request: BubblewrapRequest): BubblewrapCommand {
  const data: Uint8Array[] = [];
  const addData = (bytes: Uint8Array): string => String(DESCRIPTORS.firstData + data.push(bytes));
  const args = [
    namespaces(request),
    ['--cap-drop', 'ALL'],
    request.capabilities.names.flatMap((name) => ['--cap-add', name]),
    request.seccomp ? ['--seccomp', addData(request.seccomp)] : [],
    [rootMount(request), request.root, '/'],
    systemMounts(request),
    request.mounts.flatMap((mount) => mountArguments(mount, addData)),
    ['--perms', '0500', '--ro-bind-data', String(DESCRIPTORS.firstData), INIT_PATH],
  ].flat();
  return {
    args: Buffer.concat(args.map((each) => Buffer.concat([encodePath(each), Buffer.alloc(1)]))),
    data,
  };
}

function namespaces(request: BubblewrapRequest): string[] {
  return [
    ['--unshare-pid', '--unshare-ipc', '--unshare-uts', '--hostname', request.hostname],
    request.network === 'none' ? ['--unshare-net'] : [],
    ['--die-with-parent', '--as-pid-1'],
    // Without it the process could push characters into the terminal's input (CVE-2017-5226).
    request.terminal ? [] : ['--new-session'],
    ['--json-status-fd', String(DESCRIPTORS.status)],
  ].flat();
}

function rootMount({ readOnly, insecure }: BubblewrapRequest): string {
  if (readOnly) return '--ro-bind';
  return insecure ? '--dev-bind' : '--bind';
}

function systemMounts({ exists, insecure, sharedMemory = SHARED_MEMORY_BYTES }: BubblewrapRequest): string[] {
  const common = [
    ['--proc', '/proc', '--dev', '/dev', insecure ? '--bind' : '--ro-bind', '/sys', '/sys'],
    ['--perms', '1777', '--size', String(sharedMemory), '--tmpfs', '/dev/shm'],
    ['--mqueue', '/dev/mqueue'],
  ].flat();
  if (insecure) {
    const devices = HOST_DEVICES.map((name) => `/dev/${name}`).filter(exists);
    return [...common, ...devices.flatMap((path) => ['--dev-bind', path, path])];
  }
  return [
    common,
    READ_ONLY_PATHS.filter(exists).flatMap((path) => ['--ro-bind', path, path]),
    HIDDEN_FILES.filter(exists).flatMap((path) => ['--ro-bind', '/dev/null', path]),
    HIDDEN_DIRECTORIES.filter(exists).flatMap((path) => ['--tmpfs', path, '--remount-ro', path]),
  ].flat();
}

function mountArguments(
  mount: BubblewrapRequest['mounts'][number],
  addData: (bytes: Uint8Array) => string,
): string[] {
  const target = `/${mount.target}`;
  switch (mount.type) {
    case 'bind':
      return [mount.readOnly ? '--ro-bind' : '--bind', mount.source, target];
    case 'tmpfs':
      return [
        ['--perms', octal(mount.mode ?? 0o1777)],
        mount.size === undefined ? [] : ['--size', String(mount.size)],
        ['--tmpfs', target],
      ].flat();
    case 'data': {
      // Writable while it belongs to someone else: the init program has to give it away.
      const given = mount.uid !== 0 || mount.gid !== 0;
      return [
        '--perms',
        octal(mount.mode),
        given ? '--bind-data' : '--ro-bind-data',
        addData(mount.bytes),
        target,
      ];
    }
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
