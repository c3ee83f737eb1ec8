/**
 * Pipes for what a process says. What Node makes for `pipe` are sockets, and a socket cannot be opened by name:
 * `echo > /dev/stdout` would fail in every RUN. So they are named pipes, and making these takes a program, which costs more
 * than all the rest of starting a step; it makes many at once, ahead of those who will want them. Each is used once.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, openSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemCode } from '../errors.ts';
import { findTool, toolEnvironment } from './tools.ts';

interface Pipe {
  readonly read: number;
  readonly write: number;
}

export interface OutputPipes {
  readonly stdout: Pipe;
  readonly stderr: Pipe;
  /** Called by who has handed down the ends for writing. */
  readonly closeWriting: () => void;
  /** Makes more ahead where few are left; for when there is time. */
  readonly replenish: () => void;
}

const MADE_AHEAD = 32;
const FEW = 4;

/**
 * @param scratch Where the pipes lie from then on.
 * @param ahead A folder of pipes made ahead; without one, these two are made.
 */
export async function outputPipes(scratch: string, ahead: string | undefined): Promise<OutputPipes> {
  const names = [join(scratch, 'stdout'), join(scratch, 'stderr')] as const;
  const missing = names.filter((name) => ahead === undefined || !takeOne(ahead, name));
  if (missing.length > 0) await make(missing);
  const [stdout, stderr] = [open(names[0]), open(names[1])];
  return {
    stdout,
    stderr,
    closeWriting() {
      closeSync(stdout.write);
      closeSync(stderr.write);
    },
    replenish() {
      if (ahead === undefined || listed(ahead).length >= FEW) return;
      const run = randomBytes(8).toString('hex');
      // Without them the next run makes its own.
      make(Array.from({ length: MADE_AHEAD }, (_, index) => join(ahead, `${run}-${index}`))).catch(
        () => undefined,
      );
    },
  };
}

/** Renaming takes it away from everybody else who looks. */
function takeOne(ahead: string, to: string): boolean {
  return listed(ahead).some((name) => {
    try {
      renameSync(join(ahead, name), to);
      return true;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false;
      throw error;
    }
  });
}

function listed(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isFIFO() ? entry.name : []));
}

async function make(names: readonly string[]): Promise<void> {
  await promisify(execFile)(findTool('mkfifo'), ['-m', '0600', ...names], { env: toolEnvironment() });
}

function open(name: string): Pipe {
  const read = openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  return { read, write: openSync(name, constants.O_WRONLY) };
}
