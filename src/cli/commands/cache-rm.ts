/** `decant cache rm` */
import { DecantError } from '../../errors.ts';
import { withCaches } from '../cache-mounts.ts';
import { print, printError } from '../io.ts';

/** An id stands for all caches of that id, whatever their owner; a name for one. */
export function command(
  texts: readonly string[],
  { all = false }: { readonly all?: boolean },
): Promise<number> {
  if (all === texts.length > 0) {
    throw new DecantError('USAGE', all ? 'name caches, or give --all' : 'no cache was named', {
      hint: '`decant cache ls` lists them; `decant cache rm --all` removes all',
    });
  }
  return withCaches(async ({ mounts }) => {
    let status = 0;
    const fail = (code: 'CACHE_UNKNOWN' | 'STORE_BUSY', message: string): void => {
      printError(new DecantError(code, message));
      status = 1;
    };
    const known = mounts.list();
    for (const text of all ? known.map(({ name }) => name) : texts) {
      const found = known.filter(({ identity, name }) => identity.id === text || name === text);
      if (found.length === 0) fail('CACHE_UNKNOWN', `there is no cache "${text}"`);
      for (const { name, identity } of found) {
        if (await mounts.remove(name)) print(identity.id);
        else if (!all) fail('STORE_BUSY', `the cache "${text}" is in use`);
      }
    }
    return status;
  });
}
