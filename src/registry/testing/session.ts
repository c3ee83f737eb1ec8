/** Sessions for tests: nothing of the machine's environment, and no long waits. */
import { ANONYMOUS } from '../auth/credential.ts';
import { PLAIN_REGISTRIES } from '../config/registries.ts';
import { createSession, type Session, type SessionOptions } from '../protocol/session.ts';

export interface TestSession extends Session, AsyncDisposable {}

export function testSession(options: Partial<SessionOptions> = {}): TestSession {
  const session = createSession({
    registries: PLAIN_REGISTRIES,
    credentials: ANONYMOUS,
    environment: {},
    retryDelay: 1,
    // Who wants to hear of silence says so: a busy machine is silent for longer than one thinks.
    silence: 60_000,
    ...options,
  });
  return { ...session, [Symbol.asyncDispose]: session.close };
}
