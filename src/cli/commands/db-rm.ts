/** `decant db rm` */
import { DecantError } from '../../errors.ts';
import { isSourceName, removeSource } from '../../vulnerabilities/database.ts';
import { print } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(names: readonly string[]): Promise<void> {
  await withStore((store) => {
    for (const name of names) {
      if (!isSourceName(name) || !removeSource(store, name)) {
        throw new DecantError('ADVISORIES_MISSING', `there is no source of advisories called ${name}`, {
          hint: '`decant db ls` lists those that there are',
        });
      }
      print(name);
    }
    return Promise.resolve();
  });
}
