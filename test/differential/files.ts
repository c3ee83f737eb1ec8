/** Files and folders with set modes and owners, whatever the umask. */
import { chmod, chown, lchown, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** In this order: chown clears setuid bits. */
export async function settle(path: string, mode: number, owner: Owner): Promise<void> {
  await chown(path, owner.uid, owner.gid);
  await chmod(path, mode);
}

export async function chownAll(folder: string, owner: Owner): Promise<void> {
  await chown(folder, owner.uid, owner.gid);
  for (const name of await readdir(folder)) await lchown(join(folder, name), owner.uid, owner.gid);
}
