/** As whom the suite runs the program. */
import { readFileSync } from 'node:fs';

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

export const ROOT: User = { name: 'root', uid: 0, gid: 0 };

/** Root, then an ordinary user; where the tests themselves are run by an ordinary user, only that one. */
export function users(): User[] {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) return [{ name: 'this user', uid, gid: process.getgid?.() ?? 0 }];
  const ranges = readFileSync('/etc/subuid', 'utf8').split('\n');
  const names = new Set(ranges.map((line) => line.split(':')[0]).filter((name) => name !== ''));
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const ordinary = fields.find(([name, , uid]) => names.has(name) && uid !== '0');
  if (ordinary === undefined)
    throw new Error('no user has a range in /etc/subuid: run `useradd --create-home tester`');
  return [ROOT, { name: 'an ordinary user', uid: Number(ordinary[2]), gid: Number(ordinary[3]) }];
}
