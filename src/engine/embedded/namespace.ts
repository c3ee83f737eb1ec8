/**
 * What RUN steps write belongs to many users, so an ordinary user's decant can read and write unpacked layers only
 * inside a user namespace. Most builds find everything packed and never need one; the first that does says so.
 */
import type { Session } from './session.ts';

/** Run the build again inside a user namespace (sandbox/userNamespace). Nothing was done that would be in the way. */
export class NamespaceNeeded extends Error {
  override readonly name = 'NamespaceNeeded';
}

export function needUnpackedLayers(session: Pick<Session, 'privileges'>): void {
  if (session.privileges === 'none') throw new NamespaceNeeded('unpacked layers need a user namespace');
}
