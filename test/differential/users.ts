/** As whom the suite runs the program: root, then an ordinary user; the latter alone where nobody can become root. */
import { USERS } from '../support/users.ts';
import type { User } from '../support/users.ts';

export type { User } from '../support/users.ts';

export const ROOT: User = { name: 'root', uid: 0, gid: 0 };

export function users(): readonly User[] {
  return USERS;
}
