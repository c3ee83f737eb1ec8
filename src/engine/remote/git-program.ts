/**
 * The host's git, started so that nothing of a repository is executed: no hooks, no filters, no configuration but the
 * user's own, and that only where it serves to reach a server (keys, proxies, credential helpers). It never asks.
 */
import { spawn } from 'node:child_process';
import { DecantError, systemCode } from '../../errors.ts';

export interface GitOptions {
  /** The repository's own folder. */
  readonly gitDirectory?: string | undefined;
  readonly workTree?: string | undefined;
  /** Whether the user's configuration counts: for what goes over the network. */
  readonly asUser?: boolean | undefined;
  /** Whether repositories may be folders of this machine, also those that a repository names. */
  readonly allowFiles?: boolean | undefined;
  /** Beginnings of addresses, with and without the user and password that the user gave for them. */
  readonly login?: { readonly with: string; readonly without: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What git says is never longer than this where it is of use. */
const MAX_OUTPUT = 16 * 1024 * 1024;
/** Lines of git's own message that are shown. */
const SHOWN_LINES = 10;
/** Variables that would make git look at another repository than the one it is to look at. */
const OTHER_REPOSITORY =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_.*|NAMESPACE|CONFIG.*|COMMON_DIR)$/;

/**
 * What it prints.
 *
 * @throws DecantError TOOL_MISSING, INTERRUPTED; GitFailure when it ends with another status than 0
 */
export function git(args: readonly string[], options: GitOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const { gitDirectory, workTree, signal } = options;
    const child = spawn('git', [...args], {
      cwd: workTree ?? gitDirectory ?? '/',
      env: environmentFor(options),
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
    });
    const output: Buffer[] = [];
    let size = 0;
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_OUTPUT) child.kill();
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-16_384);
    });
    child.on('error', (error) => reject(failedToStart(error)));
    child.on('close', (status) => {
      if (status === 0) resolve(Buffer.concat(output).toString('utf8'));
      else reject(new GitFailure(said));
    });
  });
}

/** git ended with another status than 0. */
export class GitFailure extends Error {
  /** The last lines that it said. */
  readonly output: readonly string[];

  constructor(said: string) {
    super('git failed');
    this.output = said
      .split(/[\r\n]+/)
      .filter((line) => line.trim() !== '')
      .slice(-SHOWN_LINES);
  }
}

function failedToStart(error: Error): Error {
  if (error.name === 'AbortError') return new DecantError('INTERRUPTED', 'git was stopped');
  if (systemCode(error) !== 'ENOENT') return error;
  return new DecantError('TOOL_MISSING', 'the program git is not installed', {
    hint: 'install it: apt-get install git',
  });
}

function environmentFor(options: GitOptions): NodeJS.ProcessEnv {
  const settings: readonly (readonly [string, string])[] = [
    ['core.hooksPath', '/dev/null'],
    ['core.fsmonitor', 'false'],
    ['core.autocrlf', 'false'],
    ['core.symlinks', 'true'],
    ['init.templateDir', ''],
    ['advice.detachedHead', 'false'],
    ['protocol.ext.allow', 'never'],
    ['protocol.file.allow', options.allowFiles ? 'always' : 'never'],
    ['filter.lfs.smudge', ''],
    ['filter.lfs.process', ''],
    ['filter.lfs.required', 'false'],
    ['gc.auto', '0'],
    ['core.logAllRefUpdates', 'false'],
    // In the environment, which others cannot see as they can see arguments, and in no file.
    ...(options.login ? ([[`url.${options.login.with}.insteadOf`, options.login.without]] as const) : []),
  ];
  const kept = Object.entries(process.env).filter(([name]) => !OTHER_REPOSITORY.test(name));
  const ssh = process.env['GIT_SSH_COMMAND'] ?? 'ssh';
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: process.env['GIT_ASKPASS'] ?? '',
    GIT_SSH_COMMAND: `${ssh} -o BatchMode=yes`,
    GIT_HTTP_LOW_SPEED_LIMIT: '1',
    GIT_HTTP_LOW_SPEED_TIME: '60',
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
    ...(options.asUser ? {} : { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' }),
    ...(options.gitDirectory === undefined ? {} : { GIT_DIR: options.gitDirectory }),
    ...(options.workTree === undefined ? {} : { GIT_WORK_TREE: options.workTree }),
  };
}
