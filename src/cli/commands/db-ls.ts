/** `decant db ls` */
import { openDatabase } from '../../vulnerabilities/database.ts';
import { formatSources, sourcesJson } from '../format/advisories.ts';
import { print, textOptions } from '../io.ts';
import { withStore } from '../store.ts';

export async function command(flags: { readonly format: 'text' | 'json' }): Promise<void> {
  const sources = await withStore((store) => {
    const database = openDatabase(store);
    database.close();
    return Promise.resolve(database.sources);
  });
  print(
    flags.format === 'json'
      ? sourcesJson(sources)
      : formatSources(sources, { ...textOptions(), now: Date.now() }),
  );
}
