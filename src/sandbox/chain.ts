/**
 * Starts the chain of programs that ends in the user's process, and watches it. See run.ts for what the chain is, and
 * init.ts for the descriptors.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants as osConstants } from 'node:os';
import type { Duplex } from 'node:stream';
import { startFront } from './front.ts';
import { memoryFile } from './handed.ts';
import { DESCRIPTORS } from './init.ts';
import type { Overlay } from './layout.ts';
import type { OutputPipes } from './pipes.ts';
import { catchesSignal, descendant } from './processes.ts';

const { SIGTERM } = osConstants.signals;

/** From the program in front over bubblewrap to the user's process. */
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
  const front = { ...request, parent: process.pid };
  const handed = [request.args, ...request.data].map((bytes) => ({ bytes, file: memoryFile(bytes) }));
  const [args = 'pipe', ...data] = handed.map(({ file }) => file ?? 'pipe');
  let child: ChildProcess;
  try {
    child = startFront(request.scratch, front, (path) =>
      spawn(path, {
        cwd: request.scratch,
        env: {},
        stdio: [
          outputs ? (request.stdin ?? 'ignore') : 0,
          outputs ? outputs.stdout.write : 1,
          'pipe',
          args,
          'pipe',
          'pipe',
          outputs ? outputs.stderr.write : 2,
          request.listed === undefined ? 'ignore' : 'pipe',
          ...data,
        ],
      }),
    );
  } finally {
    for (const { file } of handed) if (file !== undefined) closeSync(file);
  }
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
  streams[DESCRIPTORS.lifeline]?.on('error', () => undefined);
  handed.forEach(({ bytes, file }, index) => {
    // What is not in memory is sent.
    const descriptor = index === 0 ? DESCRIPTORS.arguments : DESCRIPTORS.firstData + index - 1;
    if (file === undefined) send(streams[descriptor], bytes);
  });
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
