import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

import { sha256 } from '../codec/digest.ts';
import { DecantError } from '../errors.ts';
import { testStore, type TestStore } from '../store/testing.ts';
import { type Archive, type ArchiveOptions, openArchive, openPool } from './archive.ts';
import type { Package } from './package.ts';
import {
  makeKey,
  serveArchive,
  sign,
  TEST_NOW,
  type TestArchive,
  type TestArchiveOptions,
  type TestPackage,
  type TestSuite,
} from './testing/archive.ts';

const HELLO: TestPackage = {
  name: 'hello',
  version: '1.0-1',
  fields: { Depends: 'libhello1 (>= 1.0), data | no-data', Source: 'greetings (0.9)' },
  files: { '/usr/bin/hello': 'hello\n' },
};
const LIBRARY: TestPackage = {
  name: 'libhello1',
  version: '1.0-1',
  fields: { Provides: 'libhello (= 1.0), greeter', 'Multi-Arch': 'same' },
};
const DATA: TestPackage = {
  name: 'data',
  version: '3',
  architecture: 'all',
  fields: { Provides: 'no-data' },
};
const HOUR_MS = 60 * 60 * 1000;
const hours = (count: number): Date => new Date(TEST_NOW.getTime() + count * HOUR_MS);

interface Place extends AsyncDisposable {
  readonly served: TestArchive;
  readonly stored: TestStore;
  readonly open: (options?: Partial<ArchiveOptions>) => Promise<Archive>;
}

/** A served archive and a store for it. */
async function place(
  suites: TestArchiveOptions['suites'] = { stable: { packages: [HELLO, LIBRARY, DATA] } },
  options: Partial<TestArchiveOptions> = {},
): Promise<Place> {
  const served = await serveArchive({ suites, ...options });
  const stored = await testStore();
  return {
    served,
    stored,
    open: (more) =>
      openArchive({
        store: stored.store,
        sources: served.sources(),
        architecture: 'amd64',
        now: TEST_NOW,
        retryDelay: 1,
        environment: {},
        ...more,
      }),
    async [Symbol.asyncDispose]() {
      await served.close();
      await stored[Symbol.asyncDispose]();
    },
  };
}

async function failure(work: Promise<unknown>): Promise<DecantError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DecantError) return error;
  throw new Error(`expected a DecantError, got ${String(error)}`);
}

function first(archive: Archive, name: string): Package {
  const [found] = archive.index.versions(name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

const labels = (packages: readonly Package[]): readonly string[] =>
  packages.map((one) => `${one.name} ${one.version} ${one.suite}`);

describe('an archive', () => {
  test('says what its packages are', async () => {
    await using at = await place();
    const { index } = await at.open();
    expect(index.names()).toEqual(['data', 'hello', 'libhello1']);
    const [hello] = index.versions('hello');
    expect(hello).toMatchObject({
      name: 'hello',
      version: '1.0-1',
      architecture: 'amd64',
      source: { name: 'greetings', version: '0.9' },
      depends: [
        [{ name: 'libhello1', relation: '>=', version: '1.0' }],
        [{ name: 'data' }, { name: 'no-data' }],
      ],
      multiArch: 'no',
      essential: false,
      filename: 'pool/main/h/hello/hello_1.0-1_amd64.deb',
      summary: 'hello, made for a test',
      suite: 'stable',
    });
    expect(labels(index.providers('greeter'))).toEqual(['libhello1 1.0-1 stable']);
    expect(labels(index.providers('libhello'))).toEqual(['libhello1 1.0-1 stable']);
    expect(index.versions('nobody')).toEqual([]);
    expect(index.providers('nobody')).toEqual([]);
  });

  test('says what its releases are', async () => {
    await using at = await place({ stable: { packages: [HELLO], validUntil: hours(2) } });
    const { releases } = await at.open();
    expect(releases).toEqual([
      {
        suite: 'stable',
        codename: 'stable',
        version: '1',
        date: hours(-1),
        validUntil: hours(2),
        digest: sha256(at.served.files.get('dists/stable/InRelease') ?? ''),
        signedBy: [at.served.key.fingerprint],
      },
    ]);
  });

  test('gives packages as blobs that a record keeps', async () => {
    await using at = await place();
    const archive = await at.open();
    const hello = first(archive, 'hello');
    expect(await archive.fetch(hello)).toEqual({ digest: hello.digest, size: hello.size });
    await at.stored.store.prune();
    const served = at.served.files.get(hello.filename);
    expect(readFileSync(at.stored.store.blobs.path(hello.digest)).equals(served ?? Buffer.alloc(0))).toBe(
      true,
    );
  });

  test('asks for a package once, however often it is wanted', async () => {
    await using at = await place();
    const archive = await at.open();
    const hello = first(archive, 'hello');
    await Promise.all([archive.fetch(hello), archive.fetch(hello)]);
    await archive.fetch(hello);
    await (await at.open()).fetch(hello);
    expect(at.served.requests.filter(({ path }) => path === hello.filename)).toHaveLength(1);
  });
});
