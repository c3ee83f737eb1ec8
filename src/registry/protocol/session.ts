/** What all requests of one command share: servers found once, attempts counted, doing told in errors. */
import { DecantError, systemCode } from '../../errors.ts';
import type { Response } from '../../net/agent.ts';
import { attemptsAt, type Attempts } from '../../net/attempts.ts';
import type { Credentials } from '../auth/credential.ts';
import type { Place, Registries, Repository } from '../config/registries.ts';
import { refusal } from './answer.ts';
import { type Answer, type Exchange, openServer, type Server } from './server.ts';

export interface SessionOptions {
  readonly registries: Registries;
  readonly credentials: Credentials;
  /** Where the proxies are named. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Before the first new attempt, in milliseconds. */
  readonly retryDelay?: number | undefined;
  /** How long a server may say nothing, in milliseconds. */
  readonly silence?: number | undefined;
}

export interface Session {
  readonly options: SessionOptions;
  readonly serverOf: (place: Place) => Promise<Server>;
  /** `doing` continues "cannot …" and "interrupted while trying to …". */
  readonly attempts: (doing: string, place: Place) => Attempts;
  /** Sends until there is an answer that is not to pass. */
  readonly send: (place: Place, exchange: Exchange, doing: string, attempts?: Attempts) => Promise<Answer>;
  /** Tries one place of a repository after the other; the last one's failure is the failure. */
  readonly anywhere: <T>(
    repository: Repository,
    work: (place: Place) => Promise<T | undefined>,
  ) => Promise<T | undefined>;
  readonly close: () => Promise<void>;
}

export function createSession(options: SessionOptions): Session {
  const servers = new Map<string, Promise<Server>>();
  const { signal, retryDelay } = options;

  const serverOf = ({ host, domain }: Place): Promise<Server> => {
    const key = `${host} ${domain}`;
    const known = servers.get(key);
    if (known) return known;
    const settings = options.registries.settingsOf(host);
    const opening = openServer({ ...options, host, domain, settings });
    servers.set(key, opening);
    // Whoever comes after a failure tries again.
    opening.catch(() => servers.delete(key));
    return opening;
  };

  const attempts: Session['attempts'] = (doing, { host }) =>
    attemptsAt({
      signal,
      retryDelay,
      unreachable: (cause) => unreachable(doing, host, cause),
      interrupted: () => new DecantError('INTERRUPTED', `interrupted while trying to ${doing}`),
    });

  return {
    options,
    serverOf,
    attempts,
    send: (place, exchange, doing, shared = attempts(doing, place)) =>
      shared.run(async () => (await serverOf(place)).send(exchange)),
    anywhere: async (repository, work) => {
      const places = options.registries.placesOf(repository);
      for (const place of places.slice(0, -1)) {
        try {
          const found = await work(place);
          if (found !== undefined) return found;
        } catch (error) {
          // A mirror that is of no use is one that is not there.
          if (!(error instanceof DecantError) || error.code === 'INTERRUPTED') throw error;
        }
      }
      const last = places.at(-1);
      return last && work(last);
    },
    close: async () => {
      for (const server of servers.values()) await (await server.catch(() => undefined))?.close();
      servers.clear();
    },
  };
}

/** The answer when its status is one of these, else the error that it is. */
export async function accept(
  { response }: Answer,
  statuses: readonly number[],
  doing: string,
  { domain }: Place,
): Promise<Response> {
  if (statuses.includes(response.statusCode)) return response;
  throw await refusal(response, doing, domain);
}

function unreachable(doing: string, host: string, cause: unknown): DecantError {
  const code = systemCode(cause) ?? '';
  const isCertificate = /CERT|ALTNAME|UNABLE_TO/.test(code);
  return new DecantError('NETWORK', `cannot ${doing}: no good answer from ${host}`, {
    cause,
    hint: isCertificate
      ? `name the authority that signed its certificate in registries.yaml (ca), or call the registry insecure there`
      : 'check the name of the registry, the network and the proxy settings',
  });
}
