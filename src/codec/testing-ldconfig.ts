/** glibc's own ldconfig, to compare with; it needs root for its chroot, which a user namespace gives to anyone. */
import { execFileSync } from 'node:child_process';

export function ldconfig(...args: readonly string[]): void {
  const [program = '', ...rest] =
    process.getuid?.() === 0 ? ['ldconfig'] : ['unshare', '--map-root-user', 'ldconfig'];
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  execFileSync(program, [...rest, ...args], { stdio: 'ignore', env });
}
