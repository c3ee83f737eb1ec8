/**
 * An ordinary user with subordinate ids, made where root runs the tests and there is none. Vitest does it before the first
 * file: two files side by side would both begin to make one.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const TEST_USER = 'decant-test';

export default function setup(): void {
  if (process.getuid?.() !== 0 || findUser()) return;
  execFileSync('useradd', ['--create-home', TEST_USER]);
  if (!findUser()) throw new Error(`the user ${TEST_USER} was made, but has no range in /etc/subuid`);
}

/** The first user of this machine who has subordinate ids. */
export function findUser(): { readonly uid: number; readonly gid: number } | undefined {
  const owners = new Set(fieldsOf('/etc/subuid').map(([name]) => name));
  const found = fieldsOf('/etc/passwd').find(([name, , uid]) => owners.has(name) && uid !== '0');
  return found && { uid: Number(found[2]), gid: Number(found[3]) };
}

function fieldsOf(file: string): string[][] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => line.split(':'));
}
