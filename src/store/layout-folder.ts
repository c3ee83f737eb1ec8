/** An OCI image layout written as a folder. */
import { join } from 'node:path';

import { DecantError, fromSystemError, systemCode } from '../errors.ts';
import type { LayoutFile } from '../oci/archive-write.ts';
import { writeHashed } from './blobs.ts';
import { makeFolder } from './files.ts';

/** Writes a layout's files into a folder that is new or empty. Throws FILE_UNWRITABLE, DISK_FULL. */
export async function writeLayoutFolder(path: string, files: readonly LayoutFile[]): Promise<void> {
  try {
    makeFolder(join(path, 'blobs/sha256'));
    for (const { path: name, size, content } of files) {
      await writeHashed(content(), join(path, name), { size }, unwritable);
    }
  } catch (error) {
    throw unwritable(error, path);
  }
}

function unwritable(error: unknown, path: string): unknown {
  const known = fromSystemError(error, `writing ${path}`);
  const code = systemCode(known);
  if (known instanceof DecantError || code === undefined) return known;
  return new DecantError('FILE_UNWRITABLE', `cannot write ${path} (${code})`, {
    cause: error,
    hint: 'does its directory exist, is it empty, and may you write there?',
  });
}
