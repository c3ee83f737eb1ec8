/**
 * Taking back what was lent in a file (see mounts.ts, LentFile): when the process wrote into it, the kernel copied all
 * of it to the upper directory. The process has ended and all others in its namespace with it, so nothing changes
 * below us; but every name in the upper directory is of its choice, so no link may be followed.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  futimesSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { encodePath } from '../codec/path.ts';
import { systemCode } from '../errors.ts';
import type { LentFile } from './mounts.ts';

/** Cuts the lent bytes out of the files in `upper`. A file that has nothing else, and that nobody had, is removed. */
export function takeBack(upper: string, lent: readonly LentFile[]): void {
  for (const { entry, addition, original } of lent) {
    if (!isReachable(upper, entry.path)) continue;
    const path = encodePath(`${upper}/${entry.path}`);
    const left = cut(path, addition);
    if (left === 0 && original === undefined) unlinkSync(path);
  }
}

/** Whether the path leads through directories only to a regular file. */
function isReachable(upper: string, path: string): boolean {
  const parts = path.split('/');
  return parts.every((_, index) => {
    const stats = statIfThere(encodePath(`${upper}/${parts.slice(0, index + 1).join('/')}`));
    return stats !== undefined && (index === parts.length - 1 ? stats.isFile() : stats.isDirectory());
  });
}

function statIfThere(path: Buffer) {
  try {
    return lstatSync(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Writes in place, so that owner, mode, time and other names of the file stay. Returns the size of what is left. */
function cut(path: Buffer, addition: Uint8Array): number | undefined {
  const fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const { atimeMs, mtimeMs } = fstatSync(fd);
    const content = readFileSync(fd);
    const at = content.indexOf(addition);
    if (at < 0) return undefined;
    const rest = Buffer.concat([content.subarray(0, at), content.subarray(at + addition.length)]);
    ftruncateSync(fd, 0);
    for (let written = 0; written < rest.length;)
      written += writeSync(fd, rest, written, rest.length - written, written);
    futimesSync(fd, atimeMs / 1000, mtimeMs / 1000);
    return rest.length;
  } finally {
    closeSync(fd);
  }
}
