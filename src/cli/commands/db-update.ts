/** `decant db update` */
import { DecantError } from '../../errors.ts';
import { createFetcher, type Fetcher } from '../../net/fetch.ts';
import { openDatabase, type SourceDescription } from '../../vulnerabilities/database.ts';
import { importAddress } from '../../vulnerabilities/import.ts';
import { formatSource, sourcesJson } from '../format/advisories.ts';
import { allEnvironment, print, tell } from '../io.ts';
import { type CommandMeans, withMeans } from '../means.ts';
import type { ProgressMode } from '../progress/progress.ts';

interface Flags {
  readonly name?: string;
  readonly progress: ProgressMode;
  readonly format: 'text' | 'json';
}

interface Wanted {
  readonly url: string;
  /** What was fetched from there before. */
  readonly before: SourceDescription | undefined;
}

interface Updated {
  readonly source: SourceDescription;
  readonly changed: boolean;
}

export async function command(url: string | undefined, flags: Flags): Promise<void> {
  if (url === undefined && flags.name !== undefined) {
    throw new DecantError('USAGE', '--name says what a new source is called; give its address too');
  }
  if (url !== undefined) checkAddress(url);
  const updated = await withMeans(flags.progress, async (means) => {
    const fetcher = createFetcher({ signal: means.signal, environment: allEnvironment() });
    try {
      return await updateAll(means, fetcher, url, flags.name);
    } finally {
      await fetcher.close();
    }
  });
  for (const { source, changed } of updated) if (!changed) tell(`${source.name}: nothing new`);
  if (flags.format === 'json') print(sourcesJson(updated.map(({ source }) => source)));
  else print(updated.flatMap(({ source, changed }) => (changed ? [formatSource(source)] : [])).join('\n'));
}

async function updateAll(
  { store, emit }: CommandMeans,
  fetcher: Fetcher,
  url: string | undefined,
  name: string | undefined,
): Promise<readonly Updated[]> {
  const database = openDatabase(store);
  const known = database.sources;
  database.close();
  const before = known.filter(
    (source) => source.url !== undefined && (url === undefined || source.url === url),
  );
  const wanted: readonly Wanted[] =
    url === undefined
      ? before.map((source) => ({ url: source.url ?? '', before: source }))
      : [{ url, before: before.find((source) => name === undefined || source.name === name) }];
  if (wanted.length === 0) {
    throw new DecantError('ADVISORIES_MISSING', 'no advisories were fetched before', {
      hint: 'say where they are: decant db update URL',
    });
  }
  const updated: Updated[] = [];
  for (const one of wanted) {
    const options = { store, name, now: new Date(), fetcher, emit, before: one.before };
    const source = await importAddress(one.url, options);
    const shown = source ?? one.before;
    if (shown) updated.push({ source: shown, changed: source !== undefined });
  }
  return updated;
}

function checkAddress(url: string): void {
  if (URL.canParse(url) && /^(?:https?|file):/.test(url)) return;
  throw new DecantError('USAGE', `${JSON.stringify(url)} is no address`, {
    hint: 'write https://… or file:///…; a file is taken in with `decant db import FILE`',
  });
}
