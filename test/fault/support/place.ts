/** Folders for the tests, and a small root file system that RUN works in. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { removeTree } from '../../../src/store/remove-tree.ts';
import { need } from './decant.ts';
import { tarOf } from './tar.ts';
import type { Member } from './tar.ts';

export const BASE = 'fault:base';

const APPLETS =
  'sh cat cp dd echo false head id ln ls mkdir mknod rm seq sha256sum sleep stat sync test touch true yes'.split(
    ' ',
  );

/** A folder that anybody may look into; it goes when the file's tests are done. */
export function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'decant-fault-'));
  chmodSync(folder, 0o755);
  afterAll(async () => {
    await removeTree(folder);
  });
  return folder;
}

/** A root file system: the shell and some programs, two users, a place for what is temporary. */
export function baseTar(...more: readonly Member[]): Buffer {
  const directories = ['bin', 'etc', 'tmp', 'proc', 'sys', 'dev'];
  return tarOf(
    ...directories.map((name) => ({ name: `${name}/`, type: '5', mode: name === 'tmp' ? 0o1777 : 0o755 })),
    { name: 'bin/busybox', mode: 0o755, content: readFileSync(busybox()) },
    ...APPLETS.map((name) => ({ name: `bin/${name}`, type: '2', link: 'busybox', mode: 0o777 })),
    { name: 'etc/passwd', content: 'root:x:0:0::/:/bin/sh\nsomebody:x:1000:1000::/:/bin/sh\n' },
    { name: 'etc/group', content: 'root:x:0:\nsomebody:x:1000:\n' },
    ...more,
  );
}

let path: string | undefined;

/** The host's, which needs nothing of the image it is put into. */
export function busybox(): string {
  path ??= execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim();
  return path;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** A store with the base image in it, in a folder of the user's own. */
export async function makeStore(folder: string, user?: Owner): Promise<string> {
  const home = join(folder, 'store');
  mkdirSync(folder, { recursive: true });
  if (user) giveTo(user, folder);
  writeFileSync(join(folder, 'base.tar'), baseTar());
  await need(home, ['import', join(folder, 'base.tar'), BASE], { user });
  return home;
}

/** Another store like it. */
export function copyOf(store: string, to: string): string {
  // Node copies no pipes; those that the store has ahead are made again.
  const filter = (path: string): boolean => !lstatSync(path).isFIFO();
  cpSync(store, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, filter });
  return to;
}

/** Writes files by their paths; parents are made. A name that ends with `/` is a directory. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Buffer>>): string {
  for (const [name, content] of Object.entries(files)) {
    const place = join(folder, name);
    mkdirSync(name.endsWith('/') ? place : dirname(place), { recursive: true });
    if (!name.endsWith('/')) writeFileSync(place, content);
  }
  return folder;
}

/** An ordinary user without any rights: enough for what needs no RUN. */
export const NOBODY = { uid: 65_534, gid: 65_534 };

/** Gives the folder and what is directly in it to the ordinary user. */
export function giveTo(user: Owner, ...places: readonly string[]): void {
  for (const place of places) chownSync(place, user.uid, user.gid);
}
