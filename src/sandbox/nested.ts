/**
 * Mount points inside other mounts: a cache below a bound directory. Neither the image nor the stubs can have them, so
 * they are made in the bound directory itself. That directory may have been written by an earlier process of the
 * build, and bubblewrap would follow a link in it while the host's files are still in sight: so every component is
 * looked at first, and none may be a link.
 */
import { closeSync, constants, lstatSync, mkdirSync, openSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { encodePath } from '../codec/path.ts';
import { DecantError, systemCode } from '../errors.ts';
import type { Mount } from './mounts.ts';

/** The innermost of `mounts` that the target lies in, if any. */
export function enclosingMount(target: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter((mount) => target.startsWith(`${mount.target}/`))
    .reduce<Mount | undefined>(
      (best, mount) => (mount.target.length > (best?.target.length ?? 0) ? mount : best),
      undefined,
    );
}

/** Whether the mount is a directory, or else a file. */
export function isDirectory(mount: Mount): boolean {
  return mount.type === 'bind' || mount.type === 'tree' ? mount.directory : mount.type === 'tmpfs';
}

/** Makes what is missing. Throws EXEC_FAILED where a target is not possible. */
export function prepareNested(mounts: readonly Mount[]): void {
  for (const mount of mounts) {
    const outer = enclosingMount(mount.target, mounts);
    if (outer?.type === 'data') throw impossible(mount.target, `/${outer.target} is a file`);
    if (outer?.type !== 'bind') continue;
    const parts = mount.target.slice(outer.target.length + 1).split('/');
    parts.forEach((_, index) => {
      const path = encodePath(`${outer.source}/${parts.slice(0, index + 1).join('/')}`);
      makePoint(path, index < parts.length - 1 || isDirectory(mount), mount.target, outer);
    });
  }
}

function makePoint(path: Buffer, directory: boolean, target: string, outer: Mount & { type: 'bind' }): void {
  const stats = statIfThere(path);
  if (stats) {
    if (directory ? stats.isDirectory() : stats.isFile()) return;
    throw impossible(
      target,
      `below the mount at /${outer.target}, it is no ${directory ? 'directory' : 'file'}`,
    );
  }
  if (outer.readOnly) throw impossible(target, `the read-only mount at /${outer.target} has nothing there`);
  if (directory) mkdirSync(path, { mode: 0o755 });
  else
    closeSync(
      openSync(path, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o644),
    );
}

function statIfThere(path: Buffer): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function impossible(target: string, why: string): DecantError {
  return new DecantError('EXEC_FAILED', `cannot mount at /${target}: ${why}`);
}
