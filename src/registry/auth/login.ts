/**
 * Logging in and out as `docker login` and `podman login` do: the credentials are tried at the registry, and then kept by
 * the helper that is configured for it, or in the file with credentials.
 */
import { DecantError } from '../../errors.ts';
import { leave } from '../../net/agent.ts';
import { placeAt } from '../config/registries.ts';
import { createSession, type SessionOptions } from '../protocol/session.ts';
import { changeEntries, readConfigFile } from './config-file.ts';
import type { Credential } from './credential.ts';
import { helperErase, helperStore } from './helper.ts';
import { configPaths, helperOf, keysOf, serverKey } from './lookup.ts';

export interface LoggedIn {
  /** Where the credentials are now: a path, or the name of a helper. */
  readonly keptIn: string;
  /** Whether anybody who can read that file can read them. */
  readonly isPlain: boolean;
}

/** Throws REGISTRY_DENIED when the registry does not take them, NETWORK, CREDENTIALS_UNUSABLE, FILE_UNWRITABLE. */
export async function login(
  domain: string,
  credential: Credential,
  options: Omit<SessionOptions, 'credentials'>,
): Promise<LoggedIn> {
  await tryOut(domain, credential, options);
  const path = ownFile(options.environment);
  const helper = helperOf(await readConfigFile(path), domain);
  const key = serverKey(domain);
  if (helper !== undefined) {
    await helperStore(helper, key, credential, options);
    // Docker looks for the name of what a helper keeps.
    await changeEntries(path, new Map([[key, {}]]));
    return { keptIn: `docker-credential-${helper}`, isPlain: false };
  }
  const entry =
    credential.type === 'password'
      ? { auth: Buffer.from(`${credential.username}:${credential.password}`).toString('base64') }
      : { identitytoken: credential.token };
  await changeEntries(path, new Map([[key, entry]]));
  return { keptIn: path, isPlain: true };
}

/** Forgets a registry in every file and helper that is looked into. Whether there was anything to forget. */
export async function logout(
  domain: string,
  options: Pick<SessionOptions, 'environment' | 'signal'>,
): Promise<boolean> {
  let found = false;
  for (const path of configPaths(options.environment)) {
    const file = await readConfigFile(path);
    if (!file) continue;
    const keys = keysOf(domain).filter((key) => file.auths.has(key));
    const helper = helperOf(file, domain);
    if (helper !== undefined) found = (await helperErase(helper, serverKey(domain), options)) || found;
    if (keys.length === 0) continue;
    await changeEntries(path, new Map(keys.map((key) => [key, undefined])));
    found = true;
  }
  return found;
}

async function tryOut(
  domain: string,
  credential: Credential,
  options: Omit<SessionOptions, 'credentials'>,
): Promise<void> {
  const session = createSession({ ...options, credentials: { find: () => Promise.resolve(credential) } });
  const place = placeAt(domain, '');
  try {
    const { response } = await session.send(
      place,
      { method: 'GET', target: '', scopes: [] },
      `log in to ${domain}`,
    );
    await leave(response);
    if (response.statusCode === 200) return;
    if (response.statusCode === 401 || response.statusCode === 403) {
      throw new DecantError('REGISTRY_DENIED', `${domain} does not accept this name and password`, {
        hint: 'some registries want a token of theirs in place of the password',
      });
    }
    throw new DecantError(
      'NETWORK',
      `cannot log in to ${domain}: it answered with status ${response.statusCode}`,
      {
        hint: 'is it a registry?',
      },
    );
  } finally {
    await session.close();
  }
}

function ownFile(environment: SessionOptions['environment']): string {
  const [path] = configPaths(environment);
  if (path !== undefined) return path;
  throw new DecantError('CREDENTIALS_UNUSABLE', 'there is no place to keep credentials in', {
    hint: 'set HOME, DOCKER_CONFIG or REGISTRY_AUTH_FILE',
  });
}
