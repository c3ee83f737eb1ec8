/** Files of a tree as they are looked at: the beginning of every one, the whole of few, none larger than a bound. */
import { collect, toBuffer } from '../../codec/stream.ts';
import { DecantError } from '../../errors.ts';
import type { FileEntry } from '../../tree/entry.ts';
import type { OpenContent } from '../../tree/pack.ts';

/** The largest libraries there are have a few hundred megabytes. */
export const MAX_FILE_BYTES = 1024 * 1024 * 1024;
const HEAD_BYTES = 512;

export async function readHead(open: OpenContent, file: FileEntry): Promise<Buffer> {
  const content = open(file);
  if (content instanceof Uint8Array) return toBuffer(content).subarray(0, HEAD_BYTES);
  for await (const chunk of content) return toBuffer(chunk).subarray(0, HEAD_BYTES);
  return Buffer.alloc(0);
}

/** Throws ARCHIVE_TOO_LARGE beyond the bound, which the entry's own size tells in time. */
export async function readWhole(
  open: OpenContent,
  file: FileEntry,
  limit: number = MAX_FILE_BYTES,
): Promise<Buffer> {
  const tooLarge = (): Error =>
    new DecantError('ARCHIVE_TOO_LARGE', `"${file.path}" is too large to be looked into`);
  if (file.size > limit) throw tooLarge();
  const content = open(file);
  return content instanceof Uint8Array ? toBuffer(content) : collect(content, limit, tooLarge);
}
