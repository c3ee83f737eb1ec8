/** Contents of packages, read where they lie: for the few that have to be compared or summed. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { DecantError } from '../../errors.ts';
import type { FileEntry, Node } from '../../tree/entry.ts';

const CHUNK_BYTES = 1024 * 1024;

/** Whether two entries that are no directories hold the same. */
export function sameContent(a: Node, b: Node): boolean {
  if (a.type === 'symlink' && b.type === 'symlink') return a.target === b.target;
  if (a.type !== 'file' || b.type !== 'file') return false;
  return a.size === b.size && (a.size === 0 || hash(a, 'sha256') === hash(b, 'sha256'));
}

/** In hexadecimal, as in md5sums. */
export function md5(file: FileEntry): string {
  return hash(file, 'md5');
}

function hash({ content, size, path }: FileEntry, algorithm: string): string {
  const sum = createHash(algorithm);
  if (content.kind === 'inline') return sum.update(content.bytes).digest('hex');
  if (content.kind === 'blob') throw new DecantError('INTERNAL', `"${path}" of a package is part of a blob`);
  const descriptor = openSync(content.path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(size, 1)));
    for (let at = 0; at < size;) {
      const count = readSync(
        descriptor,
        chunk,
        0,
        Math.min(chunk.length, size - at),
        (content.offset ?? 0) + at,
      );
      if (count === 0) throw new DecantError('FILE_UNREADABLE', `"${content.path}" has become shorter`);
      sum.update(chunk.subarray(0, count));
      at += count;
    }
  } finally {
    closeSync(descriptor);
  }
  return sum.digest('hex');
}
