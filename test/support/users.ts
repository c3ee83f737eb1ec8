/** As whom tests run the program: root and an ordinary user with subordinate ids, so that both ways are always tested. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const TEST_USER = 'decant-test';

/** Whoever runs the tests. */
export const SELF: User = {
  name: process.getuid?.() === 0 ? 'root' : 'an ordinary user',
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
};

/** Root and an ordinary user where root runs the tests, else that user alone: nobody can become root. */
export const USERS: readonly User[] = SELF.uid === 0 ? [SELF, ordinaryUser()] : [SELF];

/** The first user of this machine who has subordinate ids; made where there is none. */
function ordinaryUser(): User {
  const known = findUser();
  if (known) return known;
  execFileSync('useradd', ['--create-home', TEST_USER]);
  const made = findUser();
  if (!made) throw new Error(`the user ${TEST_USER} was made, but has no range in /etc/subuid`);
  return made;
}

function findUser(): User | undefined {
  const owners = new Set(fieldsOf('/etc/subuid').map(([name]) => name));
  const found = fieldsOf('/etc/passwd').find(([name, , uid]) => owners.has(name) && uid !== '0');
  return found && { name: 'an ordinary user', uid: Number(found[2]), gid: Number(found[3]) };
}

function fieldsOf(file: string): string[][] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => line.split(':'));
}
