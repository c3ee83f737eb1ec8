/**
 * Credential helpers: programs called `docker-credential-NAME` that keep secrets elsewhere (docker-credential-helpers,
 * "Development"). The secret goes through pipes, never through arguments, and what a helper prints is never shown.
 */
import { spawn } from 'node:child_process';

import { DecantError, systemCode } from '../../errors.ts';
import type { Credential } from './credential.ts';

export interface HelperOptions {
  /** The environment that the helper gets. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** What helpers answer for a server they know nothing about. */
const NOT_FOUND = 'credentials not found in native keychain';
/** The name that stands for an identity token. */
const TOKEN_NAME = '<token>';
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** Long enough for someone to type a passphrase. */
const TIMEOUT_MS = 5 * 60_000;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,100}$/;

/** Throws CREDENTIALS_UNUSABLE when there is no such helper, or it fails; undefined when it knows no such server. */
export async function helperGet(
  name: string,
  server: string,
  options: HelperOptions,
): Promise<Credential | undefined> {
  const { status, output } = await call(name, 'get', server, options);
  if (status !== 0) {
    if (output.trim() === NOT_FOUND) return undefined;
    throw failed(name, `it ended with status ${status}`);
  }
  let answer: { readonly Username?: unknown; readonly Secret?: unknown };
  try {
    answer = JSON.parse(output) as typeof answer;
  } catch {
    throw failed(name, 'its answer is not JSON');
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw failed(name, 'its answer has no secret');
  if (username === '' && secret === '') return undefined;
  return username === TOKEN_NAME
    ? { type: 'identity', token: secret }
    : { type: 'password', username, password: secret };
}

export async function helperStore(
  name: string,
  server: string,
  credential: Credential,
  options: HelperOptions,
): Promise<void> {
  const isPassword = credential.type === 'password';
  const entry = {
    ServerURL: server,
    Username: isPassword ? credential.username : TOKEN_NAME,
    Secret: isPassword ? credential.password : credential.token,
  };
  const { status } = await call(name, 'store', JSON.stringify(entry), options);
  if (status !== 0) throw failed(name, `it ended with status ${status}`);
}

/** Whether the helper has removed something. */
export async function helperErase(name: string, server: string, options: HelperOptions): Promise<boolean> {
  const { status, output } = await call(name, 'erase', server, options);
  if (status !== 0 && output.trim() !== NOT_FOUND) throw failed(name, `it ended with status ${status}`);
  return status === 0;
}

function call(
  name: string,
  action: 'get' | 'store' | 'erase',
  input: string,
  { environment, signal }: HelperOptions,
): Promise<{ readonly status: number; readonly output: string }> {
  if (!NAME.test(name)) throw failed(name, 'this is not the name of a helper');
  return new Promise((resolve, reject) => {
    const child = spawn(`docker-credential-${name}`, [action], {
      // A helper may ask for a passphrase at the terminal.
      stdio: ['pipe', 'pipe', 'inherit'],
      env: environment,
      timeout: TIMEOUT_MS,
      ...(signal ? { signal } : {}),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_OUTPUT_BYTES) child.kill();
      else chunks.push(chunk);
    });
    // It may end without reading what it was given.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', (error) => {
      if (signal?.aborted) reject(new DecantError('INTERRUPTED', 'interrupted while asking for credentials'));
      else
        reject(
          failed(
            name,
            systemCode(error) === 'ENOENT' ? 'it is not installed' : 'it cannot be started',
            error,
          ),
        );
    });
    child.on('close', (code) =>
      resolve({ status: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

function failed(name: string, why: string, cause?: unknown): DecantError {
  return new DecantError(
    'CREDENTIALS_UNUSABLE',
    `the credential helper docker-credential-${name.slice(0, 100)} is of no use: ${why}`,
    { cause, hint: 'install it, or take it out of credsStore and credHelpers of the configuration' },
  );
}
