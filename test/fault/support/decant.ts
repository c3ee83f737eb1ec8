/** Starts the built program as people do, and says what is asked of every error it ends with. */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { EXIT_STATUS } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/errors.ts';

export const DECANT = fileURLToPath(new URL('../../../bin/decant', import.meta.url));

export interface Ended {
  /** 128 + the signal for a process that one has ended, as a shell shows it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

export interface StartOptions {
  readonly cwd?: string | undefined;
  /** Over the tests' own environment, without what decant is set up by; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly stdio?: StdioOptions;
  /** Leads a process group of its own, as it does under a shell with job control. */
  readonly detached?: boolean;
  /** What starts the program: the words before it. */
  readonly through?: readonly string[];
}

export interface RunOptions extends Omit<StartOptions, 'stdio'> {
  readonly stdin?: string | Buffer;
  /** More than this many milliseconds is a failure of its own. */
  readonly limit?: number;
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGPIPE: 13,
  SIGTERM: 15,
};
/** For what hangs; a busy machine is to be waited for. */
const LIMIT = 240_000;
/** Settings of whoever runs the tests, which are not to decide what comes of them. */
const AMBIENT = /^(?:DECANT|BUILDKIT|BUILDX|DOCKER|XDG|REGISTRY_AUTH|SOURCE_DATE_EPOCH)(?:_|$)/;

export function start(
  home: string | undefined,
  args: readonly string[],
  options: StartOptions = {},
): ChildProcess {
  const { through = [], user, ...rest } = options;
  const [command = '', ...words] = [...through, process.execPath, DECANT, ...args];
  const own = Object.entries(process.env).filter(([name]) => !AMBIENT.test(name));
  const env = { ...Object.fromEntries(own), NO_COLOR: '1', DECANT_HOME: home, ...options.env };
  return spawn(command, words, { ...rest, ...user, env });
}

export function run(
  home: string | undefined,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const { stdin, limit = LIMIT, ...rest } = options;
  const child = start(home, args, {
    ...rest,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A program that has seen enough closes its end.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(stdin);
  return ended(child, limit);
}

/** Waits for the end of a program whose output, where it is piped, is collected. */
export function ended(child: ChildProcess, limit = LIMIT): Promise<Ended> {
  const begin = performance.now();
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(`${child.spawnargs.join(' ')} has not ended after ${limit} ms: ${text(chunks.stderr)}`),
      );
    }, limit);
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({
        status: status ?? 128 + (SIGNALS[signal ?? ''] ?? 0),
        stdout: text(chunks.stdout),
        stderr: text(chunks.stderr),
        milliseconds: performance.now() - begin,
      });
    });
  });
}

/** For what has to work before the test begins. */
export async function need(home: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const result = await run(home, args, options);
  expect(result, `decant ${args.join(' ')}:\n${result.stderr}`).toMatchObject({ status: 0 });
  return result;
}

export interface Failure {
  /** In the line that begins with `error:`. */
  readonly message: RegExp;
  /** In the hint; `none` where there is nothing to advise, `any` where one may be or not. */
  readonly hint: RegExp | 'none' | 'any';
  /** `Dockerfile:3`, in the line over the excerpt. */
  readonly place?: string;
  /** Where it is not the code's own. */
  readonly status?: number;
}

/** One `error:` line with the code, the hint, the status that the code stands for, and nothing that only we understand. */
export function expectError(result: Ended, code: ErrorCode, failure: Failure): void {
  const all = `status ${result.status}\n${result.stderr}\n${result.stdout}`;
  const errors = result.stderr.split('\n').filter((line) => line.startsWith('error: '));
  expect(errors, all).toHaveLength(1);
  expect(errors[0], all).toMatch(/ \[[A-Z_]+\]$/);
  expect(errors[0], all).toContain(`[${code}]`);
  expect(errors[0], all).toMatch(failure.message);
  const hints = result.stderr.split('\n').filter((line) => line.startsWith('hint: '));
  if (failure.hint === 'none') expect(hints, all).toEqual([]);
  else if (failure.hint === 'any') expect(hints.length, all).toBeLessThan(2);
  else {
    expect(hints, all).toHaveLength(1);
    expect(hints[0], all).toMatch(failure.hint);
  }
  if (failure.place !== undefined) expect(result.stderr.split('\n'), all).toContain(failure.place);
  expectNoTrace(result);
  expect(result.status, all).toBe(failure.status ?? EXIT_STATUS[code]);
}

/** Nothing of a stack trace, and nothing that Node says by itself. */
export function expectNoTrace({ stderr, stdout }: Ended): void {
  const text = `${stderr}\n${stdout}`;
  expect(text).not.toMatch(/^ +at .+:\d+:\d+\)?$/m);
  expect(text).not.toMatch(/node:internal|Node\.js v\d|UnhandledPromise|\(node:\d+\)|\[INTERNAL\]/);
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString();
}
