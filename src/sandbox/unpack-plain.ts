/**
 * Unpacks a layer of a few plain files, as most layers of a COPY are, without starting a program for it: links,
 * attributes, devices and whiteouts are left to tar (unpack.ts).
 */
import {
  chmodSync,
  closeSync,
  lchownSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { encodePath } from '../codec/path.ts';
import { DecantError, fromSystemError, systemCode } from '../errors.ts';
import type { Entry, FileEntry } from '../tree/entry.ts';
import type { OpenContent } from '../tree/pack.ts';
import { exactContent, ownerCheck, withParents } from './unpack-entries.ts';
import type { UnpackOptions } from './unpack-entries.ts';

/** More than these take longer here than by a program of their own. */
export const MAX_PLAIN_ENTRIES = 100;
const MAX_BYTES = 1024 * 1024;

export function isPlain(entries: readonly Entry[]): boolean {
  if (entries.length > MAX_PLAIN_ENTRIES || !entries.every(isPlainEntry)) return false;
  return entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0) <= MAX_BYTES;
}

function isPlainEntry(entry: Entry): boolean {
  // Node takes a time before 1970 for now.
  if (entry.xattrs !== undefined || entry.mtime < 0) return false;
  if (entry.type === 'file') return entry.link === undefined;
  return entry.type === 'symlink' || (entry.type === 'directory' && !entry.opaque);
}

export async function unpackPlain(
  entries: readonly Entry[],
  open: OpenContent,
  directory: string,
  options: UnpackOptions,
): Promise<void> {
  const made: Entry[] = [];
  const at = ({ path }: Entry): Buffer => encodePath(path === '' ? directory : `${directory}/${path}`);
  const disk = (work: () => void): void => onDisk(directory, work);
  const checkOwner = ownerCheck();
  for (const entry of withParents(entries, options)) {
    checkOwner(entry);
    options.signal?.throwIfAborted();
    if (entry.type === 'file') await writeContent(entry, open, at(entry), disk);
    disk(() => {
      if (entry.type === 'directory' && entry.path !== '') mkdirSync(at(entry));
      if (entry.type === 'symlink') symlinkSync(encodePath(entry.target), at(entry));
      lchownSync(at(entry), entry.uid, entry.gid);
      // After the owner, whose change takes setuid away; a symbolic link has no mode.
      if (entry.type !== 'symlink') chmodSync(at(entry), entry.mode);
    });
    made.push(entry);
  }
  // Backwards, since what is made in a directory changes its time.
  disk(() => {
    for (const entry of made.toReversed()) {
      const setTimes = entry.type === 'symlink' ? lutimesSync : utimesSync;
      const time = nearest(entry.mtime);
      setTimes(at(entry), time, time);
    }
  });
}

/**
 * Node cuts times off below the microsecond, and a number of today's seconds is exact to a quarter of one. This one leaves
 * the nearest microsecond, by which a step's files are known later (engine/embedded/clock-times.ts).
 */
function nearest(seconds: number): number {
  return Number.isInteger(seconds) ? seconds : (Math.round(seconds * 1e6) + 0.3) / 1e6;
}

async function writeContent(
  entry: FileEntry,
  open: OpenContent,
  path: Buffer,
  disk: (work: () => void) => void,
): Promise<void> {
  let file = -1;
  disk(() => (file = openSync(path, 'wx', 0o600)));
  try {
    for await (const chunk of exactContent(entry, open)) {
      disk(() => {
        for (let written = 0; written < chunk.length;) written += writeSync(file, chunk, written);
      });
    }
  } finally {
    closeSync(file);
  }
}

/** Errors of the disk, told apart from those of where the contents come from. */
function onDisk(directory: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const known = fromSystemError(error, `unpacking a layer to ${directory}`);
    if (known !== error || systemCode(error) === undefined) throw known;
    const message = error instanceof Error ? error.message : String(error);
    throw new DecantError('FILE_UNWRITABLE', `cannot unpack a layer to ${directory}: ${message}`);
  }
}
