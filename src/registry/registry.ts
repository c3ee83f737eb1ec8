/** Opening the way to registries: with the user's credentials and settings, as the environment names them. */
import { findCredentials } from './auth/lookup.ts';
import { readRegistries } from './config/files.ts';
import { createSession, type Session } from './protocol/session.ts';

export interface RegistryOptions {
  /** Where proxies, credentials and settings are named. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Asks nobody yet. Close it when all is done. Throws REGISTRIES_INVALID, FILE_UNREADABLE. */
export async function openRegistries({ environment, signal }: RegistryOptions): Promise<Session> {
  const credentials = findCredentials({ environment, signal });
  return createSession({ registries: await readRegistries(environment), credentials, environment, signal });
}
