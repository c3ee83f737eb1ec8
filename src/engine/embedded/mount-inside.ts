/** A directory inside a cache, whose files earlier steps wrote: every component is looked at, and none may be a link. */
import { lstatSync, mkdirSync } from 'node:fs';
import { encodePath } from '../../codec/path.ts';
import { DecantError } from '../../errors.ts';

/** The path of `relative` below `root`; what is missing of it is made. Throws EXEC_FAILED. */
export function openInside(root: string, relative: string): string {
  let path = root;
  for (const component of relative.split('/')) {
    path = `${path}/${component}`;
    const stats = lstatSync(encodePath(path), { throwIfNoEntry: false });
    if (!stats) mkdirSync(encodePath(path), { mode: 0o755 });
    else if (!stats.isDirectory())
      throw new DecantError('EXEC_FAILED', `"/${relative}" of the cache is no directory`, {
        hint: '`decant cache rm` removes a cache',
      });
  }
  return path;
}
