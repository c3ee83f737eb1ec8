/** Where the store is. Pure, so that a test can be anyone anywhere. */
import { isAbsolute, join } from 'node:path';

import { DecantError } from '../errors.ts';

/**
 * `$DECANT_HOME`, else /var/lib/decant for root, else `decant` in the XDG data directory (XDG Base Directory
 * Specification: a relative $XDG_DATA_HOME is ignored). A process that is root only in its own user namespace must
 * be told the root that was found outside. Throws STORE_UNWRITABLE when there is no home directory to fall back on.
 */
export function storeRoot(env: Readonly<Record<string, string | undefined>>, uid: number): string {
  const { DECANT_HOME: chosen, XDG_DATA_HOME: data, HOME: home } = env;
  if (chosen) return chosen;
  if (uid === 0) return '/var/lib/decant';
  if (data && isAbsolute(data)) return join(data, 'decant');
  if (home && isAbsolute(home)) return join(home, '.local/share/decant');
  throw new DecantError('STORE_UNWRITABLE', 'there is no place for the store: HOME is not set', {
    hint: 'set DECANT_HOME to a folder you can write to',
  });
}
