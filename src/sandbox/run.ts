/**
 * Runs one process in one root file system.
 *
 * There is no daemon and nothing to clean up: decant starts one chain of programs. The one in front (front.ts) asks the
 * kernel to kill it when decant dies, makes namespaces for mounts and for processes that all end with the first of them,
 * and mounts the overlay where only the chain sees it; bubblewrap makes the other namespaces; the init program (init.ts)
 * becomes the user; and that becomes the user's process. When the process ends, or decant is killed at any moment, the kernel takes namespaces and mounts away.
 */
import { existsSync } from 'node:fs';
import { DecantError } from '../errors.ts';
import { bubblewrapCommand } from './bubblewrap.ts';
import { allCapabilities, forLimits, givenCapabilities } from './capabilities.ts';
import { startChain } from './chain.ts';
import type { Chain, ChainEnd } from './chain.ts';
import { etcHosts, hostResolvConf } from './etc.ts';
import type { HostAddress } from './etc.ts';
import { initSteps } from './init.ts';
import type { User } from './init.ts';
import type { Limit } from './limits.ts';
import { type CallStep, compileProgram, type ExecuteStep } from './static-program.ts';
import { prepareOverlay } from './layout.ts';
import { takeBack } from './lent.ts';
import { canPlaceFile, placeMounts } from './mounts.ts';
import type { ImageView, LentFile, Mount } from './mounts.ts';
import { mountTrees } from './tree-mounts.ts';
import { prepareNested } from './nested.ts';
import { outputPipes } from './pipes.ts';
import { seccompProgram } from './seccomp.ts';
import { isInUserNamespace } from './userNamespace.ts';
import { parseGetfattr, unreadable } from './xattrs.ts';
import { ARCHITECTURE } from './system-calls.ts';
import type { XattrMap } from './xattrs.ts';

export interface SandboxRequest {
  /** Unpacked layers: absolute directories, the top one first. */
  readonly lowers: readonly string[];
  /** Two empty directories on one file system, for what the process writes; without them the root is read-only. */
  readonly upper?: string;
  readonly work?: string;
  /** What the lower directories show when they are stacked. */
  readonly image: ImageView;
  /** A private empty directory for this run; the caller removes it afterwards. */
  readonly scratch: string;
  readonly args: readonly string[];
  /** System calls in place of the program that `args` names: what a process does that was taken over by somebody. */
  readonly program?: readonly (CallStep | ExecuteStep)[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: User;
  readonly network: 'host' | 'none';
  readonly hostname: string;
  /** All capabilities that decant has, and nothing hidden or refused. */
  readonly insecure?: boolean;
  /** Bytes of /dev/shm; Docker's size without it. */
  readonly sharedMemory?: number | undefined;
  readonly limits?: readonly Limit[] | undefined;
  readonly extraHosts?: readonly HostAddress[] | undefined;
  /** Besides /proc, /sys, /dev, /etc/resolv.conf and /etc/hosts. */
  readonly mounts?: readonly Mount[];
  /** Files that the process sees with something added; of the addition nothing stays in `upper`. */
  readonly lent?: readonly LentFile[];
  /** `inherit`: the process has decant's own standard streams. `pipe`: its output goes to `onOutput`. */
  readonly stdio: 'pipe' | 'inherit';
  /** A folder for pipes that are made ahead; see pipes.ts. */
  readonly pipesAhead?: string | undefined;
  /** File descriptor of standard input for `pipe`; /dev/null without it. */
  readonly stdin?: number;
  /** Lists the extended attributes of what the process wrote, for `readUpper`, when it ends with status 0. */
  readonly listsAttributes?: boolean;
  /** With `inherit`: the process shares the terminal, and gets from it what is typed, signals too. */
  readonly terminal?: boolean;
}

export interface SandboxOptions {
  /** SIGTERM to a process that handles it, and SIGKILL after the grace period; the promise is rejected with INTERRUPTED. */
  readonly signal?: AbortSignal;
  readonly graceMilliseconds?: number;
  readonly onOutput?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Called once, with a function that sends a signal to the process. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void;
}

const DEFAULT_GRACE_MILLISECONDS = 10_000;

export interface Ended {
  /** What a shell shows: the exit code, or 128 + the signal. */
  readonly status: number;
  readonly attributes?: XattrMap;
}

/** @throws DecantError MACHINE_UNSUPPORTED where there can be no sandbox, FILE_UNREADABLE for attributes, INTERRUPTED */
export async function runInSandbox(request: SandboxRequest, options: SandboxOptions = {}): Promise<Ended> {
  if (options.signal?.aborted) throw interrupted();
  const insecure = request.insecure ?? false;
  const capabilities = insecure ? allCapabilities() : givenCapabilities();
  const limits = request.limits ?? [];
  const lent = request.lent ?? [];
  const placed = placeMounts(request.image, [...generatedFiles(request), ...(request.mounts ?? [])], lent);
  prepareNested(placed.mounts);
  const overlay = prepareOverlay(request.scratch, {
    lowers: request.lowers,
    upper: request.upper,
    work: request.work,
    stubs: placed.stubs,
    rootEntry: request.image.lookup(''),
    userNamespace: isInUserNamespace(),
  });
  const trees = mountTrees(request.scratch, placed, isInUserNamespace());
  const command = bubblewrapCommand({
    root: `${request.scratch}/root`,
    readOnly: request.upper === undefined,
    network: request.network,
    hostname: request.hostname,
    terminal: request.terminal ?? false,
    capabilities:
      limits.length > 0 ? { ...capabilities, names: [...capabilities.names, ...forLimits()] } : capabilities,
    seccomp: insecure ? undefined : seccompProgram(ARCHITECTURE),
    insecure,
    sharedMemory: request.sharedMemory,
    mounts: trees.mounts,
    exists: existsSync,
  });
  const owned = placed.mounts.flatMap((mount) =>
    mount.type === 'data' && (mount.uid !== 0 || mount.gid !== 0)
      ? [{ path: `/${mount.target}`, uid: mount.uid, gid: mount.gid }]
      : [],
  );
  const init = compileProgram(
    ARCHITECTURE,
    initSteps({ ...request, capabilities, owned, ownsOutput: request.stdio === 'pipe' }),
  );
  const outputs =
    request.stdio === 'pipe' ? await outputPipes(request.scratch, request.pipesAhead) : undefined;
  const chain = startChain({
    scratch: request.scratch,
    overlays: [overlay, ...trees.overlays],
    args: command.args,
    data: [init, ...command.data],
    listed: request.listsAttributes ? request.upper : undefined,
    outputs,
    stdin: request.stdin,
    onOutput: options.onOutput,
  });
  const { status, attributes, diagnostics } = await supervise(chain, options);
  if (request.upper === undefined) return { status };
  takeBack(request.upper, lent);
  if (!request.listsAttributes || status !== 0) return { status };
  if (!attributes) throw unreadable(request.upper, diagnostics);
  return { status, attributes: parseGetfattr(attributes) };
}

async function supervise(
  chain: Chain,
  options: SandboxOptions,
): Promise<ChainEnd & { readonly status: number }> {
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    chain.stop();
    timer = setTimeout(() => chain.destroy(), options.graceMilliseconds ?? DEFAULT_GRACE_MILLISECONDS);
  };
  options.signal?.addEventListener('abort', stop);
  try {
    options.onStart?.((signal) => chain.kill(signal));
    if (options.signal?.aborted) stop();
    const end = await chain.end;
    if (options.signal?.aborted) throw interrupted();
    if (end.status === undefined) throw setupFailure(end.diagnostics, end.signal);
    return { ...end, status: end.status };
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', stop);
  }
}

function generatedFiles(request: SandboxRequest): Mount[] {
  const file = (target: string, bytes: Buffer): Mount => ({
    type: 'data',
    target,
    bytes,
    mode: 0o644,
    uid: 0,
    gid: 0,
  });
  return [
    file('etc/resolv.conf', hostResolvConf()),
    file('etc/hosts', etcHosts(request.hostname, request.extraHosts ?? [])),
  ].filter((each) => canPlaceFile(request.image, each.target) && !isCovered(each.target, request));
}

/** Where somebody mounts something over the whole directory, it shows what was mounted. */
function isCovered(target: string, { mounts = [] }: SandboxRequest): boolean {
  return mounts.some((mount) => target.startsWith(`${mount.target.replace(/^\/+/, '')}/`));
}

function interrupted(): DecantError {
  return new DecantError('INTERRUPTED', 'the process was interrupted');
}

function setupFailure(diagnostics: string, signal: NodeJS.Signals | undefined): DecantError {
  const text = diagnostics.trim().split('\n');
  const last = text.at(-1) ?? '';
  const why = last === '' ? (signal === undefined ? 'it ended early' : `it was killed by ${signal}`) : last;
  return new DecantError('MACHINE_UNSUPPORTED', `the sandbox could not be set up: ${why}`, {
    hint: 'run `decant doctor` to see what this machine lacks',
    output: text.filter((line) => line !== ''),
  });
}
