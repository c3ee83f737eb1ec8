/**
 * Secrets and agents that a build was given (`--secret`, `--ssh`), for the steps that ask for them. A secret is read
 * when a step needs it and goes into memory that only the sandbox sees; it is in no cache key, layer or history.
 */
import { readFileSync, statSync } from 'node:fs';
import { DecantError } from '../../errors.ts';
import type { ExecMount } from '../../plan/operation.ts';
import type { Session } from './session.ts';

export type SecretSource =
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'value'; readonly bytes: Uint8Array };

/** As BuildKit has it. */
const MAX_SECRET = 500 * 1024;

/** The secret's bytes; undefined for one that was not given and need not be. Throws SECRET_MISSING. */
export function secretOf(
  { secrets }: Pick<Session, 'secrets'>,
  { id, required }: Pick<ExecMount & { readonly type: 'secret' }, 'id' | 'required'>,
): Uint8Array | undefined {
  const source = secrets?.get(id);
  if (!source) {
    if (!required) return undefined;
    throw new DecantError('SECRET_MISSING', `secret ${id}: not found`, {
      hint: `give it to the build: --secret id=${id},src=FILE or --secret id=${id},env=VARIABLE`,
    });
  }
  const bytes = source.type === 'value' ? source.bytes : readSecret(id, source.path);
  if (bytes.length <= MAX_SECRET) return bytes;
  throw new DecantError('SECRET_MISSING', `secret ${id} is larger than ${MAX_SECRET / 1024} KiB`);
}

function readSecret(id: string, path: string): Uint8Array {
  try {
    // Its size first: no secret is worth reading a disk for.
    if (statSync(path).size > MAX_SECRET) return new Uint8Array(MAX_SECRET + 1);
    return readFileSync(path);
  } catch (error) {
    throw new DecantError('FILE_UNREADABLE', `cannot read the file of secret ${id}: "${path}"`, {
      cause: error,
      hint: 'name a file that stays there while the build runs, or give the secret in a variable: env=NAME',
    });
  }
}

/** Shorter values would make any text unreadable, and are no secrets. */
const SHORTEST = 6;
const MASK = '***';

/** Replaces secrets in what a process says, which is kept in logs. Each line of a secret counts as one. */
export function redactor(secrets: readonly Uint8Array[]): (text: string) => string {
  const values = secrets
    .flatMap((bytes) => Buffer.from(bytes).toString('utf8').split(/\r?\n/))
    .map((line) => line.trim())
    .filter((line) => line.length >= SHORTEST)
    .sort((a, b) => b.length - a.length);
  if (values.length === 0) return (text) => text;
  return (text) => values.reduce((rest, value) => rest.replaceAll(value, MASK), text);
}
