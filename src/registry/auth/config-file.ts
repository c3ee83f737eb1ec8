/**
 * Files with credentials: Docker's `config.json` and Podman's `auth.json`, which have the same form (docker/cli, "Sample
 * configuration file"; containers-auth.json(5)). Read when a registry asks, and changed by logging in and out.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { DecantError, fromSystemError, systemCode } from '../../errors.ts';
import type { Credential } from './credential.ts';

/** One registry's entry. `auth` is `base64(user:password)`. */
export interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

export interface ConfigFile {
  readonly path: string;
  readonly auths: ReadonlyMap<string, AuthEntry>;
  /** Registry to the name of its helper. */
  readonly credHelpers: ReadonlyMap<string, string>;
  readonly credsStore?: string;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** The file, or undefined when there is none. Throws CREDENTIALS_UNUSABLE. */
export async function readConfigFile(path: string): Promise<ConfigFile | undefined> {
  const document = await readDocument(path);
  if (!document) return undefined;
  const auths = objectAt(document, 'auths', path);
  const helpers = objectAt(document, 'credHelpers', path);
  const store = document['credsStore'];
  return {
    path,
    auths: new Map(Object.entries(auths).map(([key, value]) => [key, entryOf(value)])),
    credHelpers: new Map(
      Object.entries(helpers).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
    ),
    ...(typeof store === 'string' && store !== '' ? { credsStore: store } : {}),
  };
}

/** What an entry says; undefined when it is empty, as those are that a helper has the secret of. */
export function credentialOf(entry: AuthEntry): Credential | undefined {
  const { auth, identitytoken, registrytoken } = entry;
  if (identitytoken) return { type: 'identity', token: identitytoken };
  if (registrytoken) return { type: 'bearer', token: registrytoken };
  const decoded = auth ? Buffer.from(auth, 'base64').toString('utf8') : '';
  const colon = decoded.indexOf(':');
  const username = colon < 0 ? entry.username : decoded.slice(0, colon);
  const password = colon < 0 ? entry.password : decoded.slice(colon + 1).replace(/\0+$/, '');
  return username && password !== undefined ? { type: 'password', username, password } : undefined;
}

/**
 * Sets or (undefined) removes entries; everything else in the file stays as it is. The file is replaced whole and only
 * its owner may read it. Throws FILE_UNWRITABLE, CREDENTIALS_UNUSABLE.
 */
export async function changeEntries(
  path: string,
  changes: ReadonlyMap<string, AuthEntry | undefined>,
): Promise<void> {
  const document: Record<string, unknown> = { ...(await readDocument(path)) };
  const auths: Record<string, unknown> = { ...objectAt(document, 'auths', path) };
  for (const [key, entry] of changes) {
    if (entry) auths[key] = entry;
    else delete auths[key];
  }
  document['auths'] = auths;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // A link (as those who keep their settings under version control have) stays one.
    const target = await realpath(path).catch(() => path);
    const temporary = `${target}.${randomUUID()}`;
    try {
      await writeFile(temporary, `${JSON.stringify(document, undefined, '\t')}\n`, {
        mode: 0o600,
        flag: 'wx',
      });
      await chmod(temporary, 0o600);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  } catch (error) {
    const known = fromSystemError(error, `writing ${path}`);
    if (known !== error) throw known;
    throw new DecantError('FILE_UNWRITABLE', `cannot write ${path}`, { cause: error });
  }
}

async function readDocument(path: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = systemCode(error) ?? '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unusable(path, 'it cannot be read', error);
  }
  if (text.length > MAX_BYTES) throw unusable(path, 'it is too large');
  if (text.trim() === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Without the parser's message: it would quote the file, and with it a secret.
    throw unusable(path, 'it is not valid JSON');
  }
  if (!isObject(value)) throw unusable(path, 'it is not a JSON object');
  return value;
}

function objectAt(
  document: Readonly<Record<string, unknown>>,
  key: string,
  path: string,
): Readonly<Record<string, unknown>> {
  const value = document[key] ?? {};
  if (!isObject(value)) throw unusable(path, `"${key}" is not an object`);
  return value;
}

function entryOf(value: unknown): AuthEntry {
  if (!isObject(value)) return {};
  const fields = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'];
  return Object.fromEntries(
    fields.flatMap((field) => (typeof value[field] === 'string' ? [[field, value[field]]] : [])),
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unusable(path: string, why: string, cause?: unknown): DecantError {
  return new DecantError('CREDENTIALS_UNUSABLE', `cannot use the credentials in ${path}: ${why}`, { cause });
}
