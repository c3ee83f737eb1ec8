/** Starts a program and collects what it says. */
import { spawn } from 'node:child_process';

export interface Finished {
  readonly status: number;
  readonly output: string;
}

export interface ExecOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

/** `output` is standard output and standard error together. A process ended by a signal has status 128. */
export function exec(command: readonly string[], options: ExecOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command[0] ?? '', command.slice(1), {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ status: code ?? 128, output: Buffer.concat(chunks).toString() }));
  });
}

export async function mustExec(command: readonly string[], options: ExecOptions = {}): Promise<string> {
  const { status, output } = await exec(command, options);
  if (status !== 0) throw new Error(`${command.join(' ')} ended with status ${status}:\n${output}`);
  return output;
}
