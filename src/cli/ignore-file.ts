/** Which files of a context are left out: its ignore file. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createMatcher, parseIgnoreFile } from '../dockerfile/ignore.ts';
import type { Ignore } from '../engine/leave-out.ts';
import { DecantError, systemCode } from '../errors.ts';

/** `<Dockerfile>.dockerignore` beside the Dockerfile, else `.dockerignore` in the context. Throws IGNORE_FILE_INVALID. */
export function readIgnore(root: string, dockerfile: string | undefined): Ignore | undefined {
  const own = dockerfile ?? join(root, 'Dockerfile');
  for (const path of [join(dirname(own), `${basename(own)}.dockerignore`), join(root, '.dockerignore')]) {
    try {
      return createMatcher(parseIgnoreFile(readFileSync(path, 'utf8'), { file: path }));
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') continue;
      if (code === undefined) throw error;
      throw new DecantError('FILE_UNREADABLE', `cannot read ${path}`, {
        cause: error,
        hint: 'make it a file that you may read, or remove it',
      });
    }
  }
  return undefined;
}
