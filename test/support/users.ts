/** As whom tests run the program: root and an ordinary user with subordinate ids, so that both ways are always tested. */
import { findUser } from './ordinary-user.ts';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Whoever runs the tests. */
export const SELF: User = {
  name: process.getuid?.() === 0 ? 'root' : 'an ordinary user',
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
};

/** Root and an ordinary user where root runs the tests, else that user alone: nobody can become root. */
export const USERS: readonly User[] = SELF.uid === 0 ? [SELF, ordinaryUser()] : [SELF];

function ordinaryUser(): User {
  const found = findUser();
  if (!found) throw new Error('nobody has a range in /etc/subuid: ordinary-user.ts did not run');
  return { name: 'an ordinary user', ...found };
}
