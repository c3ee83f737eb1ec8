/**
 * Starts the chain of programs that ends in the user's process, and watches it. See run.ts for what the chain is, and
 * init.ts for the descriptors.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { constants as osConstants } from 'node:os';
import type { Duplex } from 'node:stream';
import { INIT_PATH } from './bubblewrap.ts';
import { DESCRIPTORS } from './init.ts';
import type { Overlay } from './layout.ts';
import type { OutputPipes } from './pipes.ts';
import { catchesSignal, descendant } from './processes.ts';
import { findTool, toolEnvironment } from './tools.ts';
import { GETFATTR_ARGUMENTS } from './xattrs.ts';

/**
 * What a terminal's Ctrl-C does is decided by the process and by decant, not by the programs in between. A shell
 * whose parent is not decant any more was orphaned before setpriv could ask the kernel to be told.
 */
const GUARD = `trap '' HUP INT QUIT TERM
[ "$PPID" = "$1" ] || exit 1
`;

const OUTER = `${GUARD}shift
exec "$@"
`;

/**
 * The same, and afterwards, when the process did well, lists the attributes of what it wrote: for a small shell to start
 * another program costs a fraction of what it costs decant.
 */
const OUTER_THEN_LIST = `${GUARD}directory=$2 getfattr=$3
shift 3
"$@" && cd "$directory" && exec "$getfattr" ${GETFATTR_ARGUMENTS.join(' ')} >&${DESCRIPTORS.attributes}
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

/** From unshare over bubblewrap to the user's process. */
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
  /** A directory whose extended attributes are listed when the process has ended with status 0. */
  readonly listed: string | undefined;
  /** Where its output goes; decant's own standard streams without. */
  readonly outputs: OutputPipes | undefined;
  readonly stdin: number | undefined;
  readonly onOutput: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined;
}

export interface ChainEnd {
  /** Undefined when the user's process was never started, or its end could not be told. */
  readonly status: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly diagnostics: string;
  /** What getfattr said of the directory; undefined where it failed, or was not to be asked. */
  readonly attributes: Buffer | undefined;
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

export function startChain(request: ChainRequest): Chain {
  const { outputs } = request;
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
      request.listed === undefined ? 'ignore' : 'pipe',
      ...request.data.map(() => 'pipe' as const),
    ],
  });
  outputs?.closeWriting();
  const streams = child.stdio as unknown as readonly (Duplex | null)[];
  const received = {
    diagnostics: collect(streams[DESCRIPTORS.diagnostics], MAX_DIAGNOSTICS),
    status: collect(streams[DESCRIPTORS.status], MAX_DIAGNOSTICS),
    attributes: collect(streams[DESCRIPTORS.attributes]),
  };
  const ends = [
    ...Object.values(received).map(({ end }) => end),
    ...(outputs
      ? [
          drain(outputs.stdout.read, 'stdout', request.onOutput),
          drain(outputs.stderr.read, 'stderr', request.onOutput),
        ]
      : []),
  ];
  send(streams[DESCRIPTORS.arguments], request.args);
  streams[DESCRIPTORS.lifeline]?.on('error', () => undefined);
  request.data.forEach((bytes, index) => send(streams[DESCRIPTORS.firstData + index], bytes));
  outputs?.replenish();
  return control(child, streams, { ...request, received, ends });
}

interface Controlled extends Pick<ChainRequest, 'listed'> {
  readonly received: Readonly<Record<'diagnostics' | 'status' | 'attributes', Received>>;
  /** Of everything that is read. */
  readonly ends: readonly Promise<void>[];
}

function control(
  child: ChildProcess,
  streams: readonly (Duplex | null)[],
  { listed, received, ends }: Controlled,
): Chain {
  const { diagnostics, status, attributes } = received;
  const generations = listed === undefined ? GENERATIONS : GENERATIONS + 1;
  let running = true;
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      running = false;
      streams[DESCRIPTORS.lifeline]?.destroy();
      resolve({ code, signal });
    });
  });
  // bubblewrap tells when there is a process, but its number as counted in a namespace that we are not in.
  const firstProcess = (): number | undefined =>
    running && child.pid !== undefined && numberIn(status.text(), 'child-pid') !== undefined
      ? descendant(child.pid, generations)
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
    end: Promise.all([exited, ...ends]).then(([{ code, signal }]) => ({
      status: numberIn(status.text(), 'exit-code'),
      signal: signal ?? undefined,
      diagnostics: diagnostics.text(),
      attributes: listed !== undefined && code === 0 ? attributes.bytes() : undefined,
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
  const dieWithParent = ['--pdeathsig', 'KILL', '--'];
  const outer =
    request.listed === undefined
      ? [OUTER, 'sh', String(process.pid)]
      : [OUTER_THEN_LIST, 'sh', String(process.pid), request.listed, findTool('getfattr')];
  return [
    [...dieWithParent, sh, '-c', ...outer],
    request.listed === undefined ? [] : [findTool('setpriv'), ...dieWithParent],
    [findTool('unshare'), '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--'],
    [sh, '-c', INNER, 'sh', findTool('mount')],
    [...request.overlays.flatMap(({ point, options }) => [point, options]), '--'],
    [findTool('bwrap'), '--args', String(DESCRIPTORS.arguments), '--', INIT_PATH],
  ].flat();
}

interface Received {
  readonly end: Promise<void>;
  bytes(): Buffer;
  text(): string;
}

/** @param most Bytes that are kept; what comes then is dropped. */
function collect(stream: Duplex | null | undefined, most = Infinity): Received {
  const chunks: Buffer[] = [];
  let size = 0;
  const end = new Promise<void>((resolve) => {
    if (!stream) return resolve();
    stream.on('data', (chunk: Buffer) => {
      if (size < most) chunks.push(chunk);
      size += chunk.length;
    });
    stream.on('error', () => undefined);
    stream.on('close', resolve);
  });
  const bytes = (): Buffer => Buffer.concat(chunks);
  return { end, bytes, text: () => bytes().toString() };
}

function drain(
  fd: number,
  name: 'stdout' | 'stderr',
  onOutput: ((stream: 'stdout' | 'stderr', chunk: Buffer) => void) | undefined,
): Promise<void> {
  const socket = new Socket({ fd, readable: true, writable: false });
  return new Promise<void>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => onOutput?.(name, chunk));
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
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
