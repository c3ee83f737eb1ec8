/**
 * Starts the chain of programs that ends in the user's process, and watches it. See run.ts for what the chain is, and
 * init.ts for the descriptors.
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants as osConstants } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { INIT_PATH } from './bubblewrap.ts';
import { DESCRIPTORS } from './init.ts';
import type { Overlay } from './layout.ts';
import { catchesSignal, descendant } from './processes.ts';
import { findTool, toolEnvironment } from './tools.ts';

/**
 * What a terminal's Ctrl-C does is decided by the process and by decant, not by the programs in between. A shell
 * whose parent is not decant any more was orphaned before setpriv could ask the kernel to be told.
 */
const OUTER = `trap '' HUP INT QUIT TERM
[ "$PPID" = "$1" ] || exit 1
shift
exec "$@"
`;

/** The first process of a namespace of its own: nothing that bubblewrap starts can outlive it, at any moment. */
const INNER = `mount=$1
shift
while [ "$1" != -- ]; do
  "$mount" -i -n -t overlay -o "$2" overlay "$1" || exit 1
  shift 2
done
shift
exec "$@"
`;

const { SIGTERM } = osConstants.signals;

/** From the program that decant starts (unshare in the end) over bubblewrap to the user's process. */
const GENERATIONS = 2;

/** Of what the programs of the chain say, in bytes. */
const MAX_DIAGNOSTICS = 64 * 1024;

export interface ChainRequest {
  readonly scratch: string;
  /** In the order in which they are mounted. */
  readonly overlays: readonly Overlay[];
  readonly args: Buffer;
  /** Bytes for the descriptors from DESCRIPTORS.firstData on. */
  readonly data: readonly Uint8Array[];
  /** Where its output goes; decant's own standard streams without. */
  readonly pipes: Promise<PipeNames> | undefined;
  readonly stdin: number | undefined;
  readonly onOutput: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined;
}

export interface ChainEnd {
  /** Undefined when the user's process was never started, or its end could not be told. */
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly diagnostics: string;
}

export interface Chain {
  readonly end: Promise<ChainEnd>;
  /** Sends a signal to the user's process; false when there is none (yet, or any more). */
  kill(signal: NodeJS.Signals): boolean;
  /** Asks the user's process to end; one that would not hear it is ended at once. */
  stop(): void;
  /** Ends everything at once. */
  destroy(): void;
}

export async function startChain(request: ChainRequest): Promise<Chain> {
  const outputs = request.pipes && openPipes(await request.pipes);
  const child = spawn(findTool('setpriv'), chainArguments(request), {
    cwd: request.scratch,
    env: toolEnvironment(),
    stdio: [
      outputs ? (request.stdin ?? 'ignore') : 0,
      outputs ? outputs.stdout.write : 1,
      'pipe',
      'pipe',
      'pipe',
      'pipe',
      outputs ? outputs.stderr.write : 2,
      ...request.data.map(() => 'pipe' as const),
    ],
  });
  if (outputs) {
    closeSync(outputs.stdout.write);
    closeSync(outputs.stderr.write);
  }
  const streams = child.stdio as unknown as readonly (Duplex | null)[];
  const received = [
    collect(streams[DESCRIPTORS.diagnostics]),
    collect(streams[DESCRIPTORS.status]),
    ...(outputs
      ? [
          drain(outputs.stdout.read, 'stdout', request.onOutput),
          drain(outputs.stderr.read, 'stderr', request.onOutput),
        ]
      : []),
  ] as const;
  send(streams[DESCRIPTORS.arguments], request.args);
  streams[DESCRIPTORS.lifeline]?.on('error', () => undefined);
  request.data.forEach((bytes, index) => send(streams[DESCRIPTORS.firstData + index], bytes));
  return control(child, streams, received[0], received[1], received);
}

function control(
  child: ChildProcess,
  streams: readonly (Duplex | null)[],
  diagnostics: Received,
  status: Received,
  all: readonly { readonly end: Promise<unknown> }[],
): Chain {
  let running = true;
  const exited = new Promise<NodeJS.Signals | undefined>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (_, signal) => {
      running = false;
      streams[DESCRIPTORS.lifeline]?.destroy();
      resolve(signal ?? undefined);
    });
  });
  // bubblewrap tells when there is a process, but its number as counted in a namespace that we are not in.
  const firstProcess = (): number | undefined =>
    running && child.pid !== undefined && numberIn(status.text(), 'child-pid') !== undefined
      ? descendant(child.pid, GENERATIONS)
      : undefined;
  const destroy = (): void => {
    // With its first process the kernel ends the whole namespace, and bubblewrap waits for that.
    const pid = firstProcess();
    if (pid !== undefined && sendSignal(pid, 'SIGKILL')) return;
    // First the lifeline: a process that is just being set up must not start.
    streams[DESCRIPTORS.lifeline]?.destroy();
    child.kill('SIGKILL');
  };
  return {
    end: Promise.all([exited, ...all.map((each) => each.end)]).then(([signal]) => ({
      status: numberIn(status.text(), 'exit-code'),
      signal,
      diagnostics: diagnostics.text(),
    })),
    kill(signal) {
      const pid = firstProcess();
      return pid !== undefined && sendSignal(pid, signal);
    },
    stop() {
      const pid = firstProcess();
      if (pid !== undefined && catchesSignal(pid, SIGTERM) && sendSignal(pid, 'SIGTERM')) return;
      destroy();
    },
    destroy,
  };
}

function chainArguments(request: ChainRequest): string[] {
  const sh = findTool('sh');
  return [
    ['--pdeathsig', 'KILL', '--', sh, '-c', OUTER, 'sh', String(process.pid)],
    [findTool('unshare'), '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--'],
    [sh, '-c', INNER, 'sh', findTool('mount')],
    [...request.overlays.flatMap(({ point, options }) => [point, options]), '--'],
    [findTool('bwrap'), '--args', String(DESCRIPTORS.arguments), '--', INIT_PATH],
  ].flat();
}

export interface PipeNames {
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Real pipes. What Node makes for `pipe` are sockets, and a socket cannot be opened by name: `echo > /dev/stdout`
 * would fail in every RUN. Making them takes another program, so it is begun before they are needed.
 */
export function makePipes(scratch: string): Promise<PipeNames> {
  const names = { stdout: join(scratch, 'stdout'), stderr: join(scratch, 'stderr') };
  const args = ['-m', '0600', names.stdout, names.stderr];
  const made = promisify(execFile)(findTool('mkfifo'), args, { env: toolEnvironment() }).then(() => names);
  // Who waits for it is told.
  made.catch(() => undefined);
  return made;
}

interface Pipe {
  readonly read: number;
  readonly write: number;
}

function openPipes({ stdout, stderr }: PipeNames): { readonly stdout: Pipe; readonly stderr: Pipe } {
  const open = (name: string): Pipe => {
    const read = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
    return { read, write: openSync(name, constants.O_WRONLY) };
  };
  return { stdout: open(stdout), stderr: open(stderr) };
}

interface Received {
  readonly end: Promise<void>;
  text(): string;
}

function collect(stream: Duplex | null | undefined): Received {
  let text = '';
  const end = new Promise<void>((resolve) => {
    if (!stream) return resolve();
    stream.on('data', (chunk: Buffer) => {
      if (text.length < MAX_DIAGNOSTICS) text += chunk.toString();
    });
    stream.on('error', () => undefined);
    stream.on('close', resolve);
  });
  return { end, text: () => text };
}

function drain(
  fd: number,
  name: 'stdout' | 'stderr',
  onOutput: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined,
): { readonly end: Promise<void> } {
  const socket = new Socket({ fd, readable: true, writable: false });
  const end = new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => onOutput?.(name, chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
  return { end };
}

/** The chain may end before it has read everything; its own message says why. */
function send(stream: Duplex | null | undefined, bytes: Uint8Array): void {
  stream?.on('error', () => undefined);
  stream?.resume();
  stream?.end(bytes);
}

function numberIn(status: string, key: string): number | undefined {
  const match = new RegExp(`"${key}": (\\d+)`).exec(status);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
