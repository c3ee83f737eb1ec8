/** What this process may do, and becoming root in a user namespace where that is not enough. */
import type { Privileges } from '../engine/embedded/session.ts';
import { enterUserNamespace, isInUserNamespace } from '../sandbox/userNamespace.ts';
import { storeRoot } from '../store/root.ts';
import { passSignals } from './interrupt.ts';
import { allEnvironment, commandLine, userId } from './io.ts';

export function privileges(): Privileges {
  if (userId() !== 0) return 'none';
  return isInUserNamespace() ? 'namespace' : 'root';
}

/**
 * Runs this same command again as root of a user namespace; its exit status is ours. Inside, the user's number is 0,
 * so the store has to be named.
 */
export async function runInUserNamespace(): Promise<number> {
  const env = { ...allEnvironment(), DECANT_HOME: storeRoot(allEnvironment(), userId()) };
  let stopPassing = (): void => {};
  try {
    return await enterUserNamespace(commandLine(), {
      env,
      onStart: (kill) => (stopPassing = passSignals(kill)),
    });
  } finally {
    stopPassing();
  }
}
