/** Starting programs and collecting what they say. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { User } from './users.ts';
import { SELF } from './users.ts';

export interface Ended {
  /** As a shell shows it: 128 + the signal where one ended the process. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as it came. */
  readonly bytes: Buffer;
}

export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** For standard input, which is empty without it. */
  readonly input?: string | Uint8Array;
  /** Leaves standard input open, for `child.stdin` to be written to. */
  readonly holdInput?: boolean;
  readonly user?: User;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Waits until the text has come, on standard output unless told. */
  says(text: string, stream?: 'stdout' | 'stderr'): Promise<void>;
}

export function start(command: readonly string[], options: RunOptions = {}): Started {
  const [program = '', ...args] = command;
  const { cwd, env = process.env, input, holdInput, user = SELF } = options;
  const child = spawn(program, args, {
    cwd,
    env,
    stdio: 'pipe',
    ...(user.uid === SELF.uid ? {} : { uid: user.uid, gid: user.gid }),
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  // A program may end without having read all of its input.
  child.stdin.on('error', () => undefined);
  if (!holdInput) child.stdin.end(input);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const bytes = Buffer.concat(out);
      const status = code ?? 128 + (signal ? constants.signals[signal] : 0);
      resolve({ status, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() });
    });
  });
  const says: Started['says'] = (text, stream = 'stdout') =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (Buffer.concat(stream === 'stdout' ? out : err).includes(text)) resolve();
      };
      child[stream].on('data', look);
      look();
      const tooSoon = ({ stderr }: Ended): void => reject(new Error(`it ended before "${text}": ${stderr}`));
      ended.then(tooSoon, reject);
    });
  return { child, ended, says };
}

export function run(command: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return start(command, options).ended;
}

/** @throws with what the program said, unless it ends with status 0 */
export async function mustRun(command: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const ended = await run(command, options);
  if (ended.status === 0) return ended;
  throw new Error(
    `${command.join(' ')} ended with status ${ended.status}:\n${ended.stdout}${ended.stderr}`.trimEnd(),
  );
}
