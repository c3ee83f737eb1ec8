/** Stores with advisories of the fixtures, for tests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { streamOf } from '../codec/stream.ts';
import { openStore, type Store } from '../store/store.ts';
import { type Database, openDatabase } from './database.ts';
import { importFile } from './import.ts';

const FIXTURES = new URL('../../test/fixtures/advisories/', import.meta.url);

export function fixture(name: string): Buffer {
  return readFileSync(new URL(name, FIXTURES));
}

export interface TestDatabase {
  readonly store: Store;
  readonly open: () => Database;
  readonly take: (bytes: Uint8Array, place: string) => ReturnType<typeof importFile>;
  readonly remove: () => Promise<void>;
}

export async function testDatabase(...fixtures: readonly string[]): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'advisories-'));
  const store = await openStore(join(folder, 'store'));
  const take: TestDatabase['take'] = (bytes, place) =>
    importFile(streamOf(bytes), place, { store, now: new Date(0) });
  for (const name of fixtures) await take(fixture(name), name);
  return {
    store,
    open: () => openDatabase(store),
    take,
    remove: async () => {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
