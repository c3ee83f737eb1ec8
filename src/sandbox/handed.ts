/**
 * Bytes that a program which is started finds behind a descriptor. A pipe needs this program's attention until they are
 * taken; a file without a name, in memory, is written once and gone with its last descriptor (open(2), O_TMPFILE).
 */
import { closeSync, constants, openSync, writeSync } from 'node:fs';

const MEMORY = '/dev/shm';
/** Of Linux; Node has no name for it. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** @returns an open descriptor, at the beginning of the bytes; undefined where there is no such file, or no room for it. */
export function memoryFile(bytes: Uint8Array): number | undefined {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(MEMORY, O_TMPFILE | constants.O_RDWR, 0o600);
    let written = 0;
    // At a position, which leaves the descriptor's own where it is.
    while (written < bytes.length)
      written += writeSync(descriptor, bytes, written, bytes.length - written, written);
    return descriptor;
  } catch {
    if (descriptor !== undefined) closeSync(descriptor);
    return undefined;
  }
}
