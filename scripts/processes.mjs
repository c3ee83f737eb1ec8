/**
 * Starting other programs, for the scripts of this folder. They work on a fresh clone, so they use Node alone, and in
 * places without a terminal or standard input, so no program they start ever waits for an answer.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** An end that needs no stack trace: the message is all there is to say. */
export class Stop extends Error {
  constructor(message, status = 1) {
    super(message);
    this.status = status;
  }
}

/**
 * Runs a program and resolves to its status (128 and more for a signal, as in a shell) and whatever `stdio` piped.
 * `stdio` is that of `spawn`; by default nothing goes in and both outputs are collected.
 */
export function run(command, args, { env = {}, cwd = ROOT, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr']) {
      child[name]?.setEncoding('utf8').on('data', (text) => {
        output[name] += text;
      });
    }
    child.once('error', (error) => reject(new Stop(`${command} cannot be started: ${error.message}`, 5)));
    child.once('close', (status, signal) =>
      resolve({ ...output, status: status ?? 128 + (SIGNALS[signal] ?? 0) }),
    );
  });
}

/** Like `run`, and anything but status 0 is the end, told with the last lines the program wrote. */
export async function need(command, args, options = {}) {
  const result = await run(command, args, options);
  if (result.status === 0) return result.stdout;
  const said = `${result.stdout}${result.stderr}`.trimEnd().split('\n').slice(-15).join('\n');
  throw new Stop(
    `\`${[command, ...args].join(' ')}\` ended with status ${result.status}${said && `\n${said}`}`,
  );
}

/** Where a program is found, looking also where only administrators have their programs; undefined when nowhere. */
export function findProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

/** Runs a script's `main` and turns how it ends into an exit status. */
export async function runMain(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    process.stderr.write(error instanceof Stop ? `error: ${error.message}\n` : `${error.stack}\n`);
    process.exitCode = error instanceof Stop ? error.status : 1;
  }
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
