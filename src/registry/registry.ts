/** Opening the way to registries: with the user's credentials and settings, as the environment names them. */
import { findCredentials } from './auth/lookup.ts';
import { PLAIN_REGISTRIES } from './config/registries.ts';
import { createSession, type Session } from './protocol/session.ts';

export interface RegistryOptions {
  /** Where proxies, credentials and settings are named. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
}

/** Asks nobody yet. Close it when all is done. */
export function openRegistries({ environment, signal }: RegistryOptions): Promise<Session> {
  const credentials = findCredentials({ environment, signal });
  return Promise.resolve(createSession({ registries: PLAIN_REGISTRIES, credentials, environment, signal }));
}
