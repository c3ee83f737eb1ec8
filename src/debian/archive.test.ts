import { readFileSync, truncateSync } from 'node:fs';
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

describe('several suites', () => {
  const older: TestPackage = { ...LIBRARY, fields: {} };
  const suites = {
    stable: { packages: [HELLO, older, DATA] },
    'stable-updates': { packages: [{ ...LIBRARY, version: '1.0-1+u1' }] },
    'stable-security': { packages: [{ ...LIBRARY, version: '1.0-1+s1' }, HELLO], indexes: ['xz'] },
  } satisfies TestArchiveOptions['suites'];

  test('are one index, in which the highest version comes first', async () => {
    await using at = await place(suites);
    const { index } = await at.open();
    expect(labels(index.versions('libhello1'))).toEqual([
      'libhello1 1.0-1+u1 stable-updates',
      'libhello1 1.0-1+s1 stable-security',
      'libhello1 1.0-1 stable',
    ]);
    expect(labels(index.providers('greeter'))).toEqual([
      'libhello1 1.0-1+u1 stable-updates',
      'libhello1 1.0-1+s1 stable-security',
    ]);
  });

  test('have what both have once, from the first of them', async () => {
    await using at = await place(suites);
    expect(labels((await at.open()).index.versions('hello'))).toEqual(['hello 1.0-1 stable']);
    const reverse = at.served.sources().toReversed();
    const { index } = await at.open({ sources: reverse });
    expect(labels(index.versions('hello'))).toEqual(['hello 1.0-1 stable-security']);
  });

  test('must not have different packages of the same version', async () => {
    await using at = await place({
      stable: { packages: [HELLO] },
      other: { packages: [{ ...HELLO, files: { '/usr/bin/hello': 'something else\n' } }] },
    });
    const { index } = await at.open();
    expect(() => index.versions('hello')).toThrow('stable and other have different packages hello 1.0-1');
  });

  test('fail with the first that fails', async () => {
    await using at = await place(suites);
    const sources = [
      ...at.served.sources(),
      { ...at.served.sources()[0], suite: 'gone' },
    ] as ArchiveOptions['sources'];
    const error = await failure(at.open({ sources }));
    expect(error.code).toBe('SUITE_UNKNOWN');
    expect(error.message).toBe(`${at.served.url} has no suite gone`);
  });
});

describe('architectures', () => {
  const both: TestSuite = {
    packages: [HELLO, { ...HELLO, architecture: 'arm64' }, DATA],
    architectures: ['amd64', 'arm64'],
  };

  test.each(['amd64', 'arm64'])('of %s have its packages and those for all', async (architecture) => {
    await using at = await place({ stable: both });
    const { index } = await at.open({ architecture });
    expect(index.architecture).toBe(architecture);
    expect(index.versions('hello').map((one) => one.architecture)).toEqual([architecture]);
    expect(index.versions('data').map((one) => one.architecture)).toEqual(['all']);
  });

  test('that the suite does not have are refused', async () => {
    await using at = await place({ stable: both });
    const error = await failure(at.open({ architecture: 'riscv64' }));
    expect(error.code).toBe('SUITE_UNKNOWN');
    expect(error.message).toMatch(/InRelease has no architecture riscv64$/);
    expect(error.hint).toContain('amd64, arm64');
  });

  test('have an index for all of them where the archive keeps these apart', async () => {
    const apart: TestSuite = {
      packages: [HELLO, DATA],
      architectures: ['amd64', 'all'],
      release: { Architectures: 'amd64 all', 'No-Support-for-Architecture-all': '' },
    };
    await using at = await place({ stable: apart });
    const { index } = await at.open();
    expect(at.served.requests.some(({ path }) => path.includes('/binary-all/'))).toBe(true);
    expect(labels(index.versions('data'))).toEqual(['data 3 stable']);
  });

  test('have no second index where each has the packages for all', async () => {
    await using at = await place();
    await at.open();
    expect(at.served.requests.some(({ path }) => path.includes('/binary-all/'))).toBe(false);
  });
});

describe('components', () => {
  const components = { main: [HELLO], contrib: [DATA] };

  test('are read as asked for', async () => {
    await using at = await place({ stable: { packages: [], components } });
    const { index } = await at.open();
    expect(index.names()).toEqual(['data', 'hello']);
    const [source] = at.served.sources();
    if (!source) throw new Error('there is no source');
    const main = await at.open({ sources: [{ ...source, components: ['main'] }] });
    expect(main.index.names()).toEqual(['hello']);
    const error = await failure(at.open({ sources: [{ ...source, components: ['main', 'restricted'] }] }));
    expect(error).toMatchObject({
      code: 'SUITE_UNKNOWN',
      message: expect.stringMatching(/no component restricted$/),
    });
  });
});

describe('indexes', () => {
  const asked = (at: Place, part: string): readonly string[] =>
    at.served.requests.map(({ path }) => path).filter((path) => path.includes(part));

  test.each<['xz' | 'gz' | 'plain', ('xz' | 'gz' | 'plain')[]]>([
    ['xz', ['xz', 'gz', 'plain']],
    ['xz', ['xz']],
    ['gz', ['gz', 'plain']],
    ['plain', ['plain']],
  ])('come as %s where %j are published', async (form, indexes) => {
    await using at = await place({ stable: { packages: [HELLO], indexes, byHash: false } });
    expect((await at.open()).index.names()).toEqual(['hello']);
    const suffix = { xz: '.xz', gz: '.gz', plain: '' }[form];
    expect(asked(at, 'Packages')).toEqual([`dists/stable/main/binary-amd64/Packages${suffix}`]);
  });

  test('are asked for by their hash', async () => {
    await using at = await place();
    const xz = at.served.files.get('dists/stable/main/binary-amd64/Packages.xz') ?? Buffer.alloc(0);
    await at.open();
    expect(asked(at, 'binary-amd64')).toEqual([
      `dists/stable/main/binary-amd64/by-hash/SHA256/${sha256(xz).slice(7)}`,
    ]);
  });

  test('are asked for by their name where the mirror has no file of that hash', async () => {
    await using at = await place();
    for (const path of at.served.files.keys()) if (path.includes('by-hash')) at.served.files.delete(path);
    expect((await at.open()).index.names()).toHaveLength(3);
  });

  test('are read without the xz program too', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '';
    try {
      await using at = await place({ stable: { packages: [HELLO], indexes: ['xz'] } });
      expect((await at.open()).index.names()).toEqual(['hello']);
    } finally {
      process.env['PATH'] = path;
    }
  });

  test('are kept: a release that has not changed costs one request', async () => {
    await using at = await place();
    await at.open();
    at.served.requests.length = 0;
    expect((await at.open()).index.names()).toHaveLength(3);
    expect(at.served.requests.map(({ path, status }) => `${path} ${status}`)).toEqual([
      'dists/stable/InRelease 304',
    ]);
  });

  test('that are the same in a new release are not fetched again', async () => {
    await using at = await place();
    await at.open();
    at.served.requests.length = 0;
    await at.served.publish('stable', { packages: [HELLO, LIBRARY, DATA], date: TEST_NOW });
    const { releases } = await at.open();
    expect(releases[0]?.date).toEqual(TEST_NOW);
    expect(at.served.requests.map(({ path }) => path)).toEqual(['dists/stable/InRelease']);
  });

  test('that are damaged in the store are made anew', async () => {
    await using at = await place();
    await at.open();
    const { store } = at.stored;
    for (const entry of store.cache.entries()) {
      if (entry.record?.kind !== 'debian-index') continue;
      truncateSync(store.blobs.path(entry.record.refs.blobs?.[0] ?? ''), 100);
    }
    expect((await at.open()).index.names()).toHaveLength(3);
  });

  test('stay while they are used, and go when the cache is emptied', async () => {
    await using at = await place();
    await at.open();
    await at.stored.store.prune();
    expect((await at.open({ offline: true })).index.names()).toHaveLength(3);
    await at.stored.store.prune({ all: true });
    const error = await failure(at.open({ offline: true }));
    expect(error).toMatchObject({ code: 'NETWORK', message: expect.stringContaining('is not in the store') });
  });
});

describe('what is refused', () => {
  const inRelease = 'dists/stable/InRelease';
  const change = (at: Place, path: string, work: (text: string) => string): void => {
    const bytes = at.served.files.get(path);
    if (!bytes) throw new Error(`the archive has no ${path}`);
    at.served.files.set(path, Buffer.from(work(bytes.toString('latin1')), 'latin1'));
  };
  const flip = (text: string): string => {
    const middle = text.length >> 1;
    return text.slice(0, middle) + String.fromCodePoint(text.charCodeAt(middle) ^ 1) + text.slice(middle + 1);
  };

  test.each<[string, (text: string) => string | Promise<string>, RegExp]>([
    [
      'a changed byte in the release',
      (text) => text.replace('Version: 1', 'Version: 2'),
      /not signed as it has to be/,
    ],
    [
      'a missing signature',
      (text) => /\n\n(.*)-----BEGIN PGP SIGNATURE/s.exec(text)?.[1] ?? '',
      /it has no signature/,
    ],
    ['an empty file', () => '', /it has no signature/],
    ['text before the signed block', (text) => `Origin: Evil\n\n${text}`, /text outside of the signed block/],
    ['text after the signed block', (text) => `${text}\nOrigin: Evil\n`, /text outside of the signed block/],
    ['a second signed block', (text) => `${text}${text}`, /text outside of the signed block/],
    [
      'text between text and signature',
      (text) => text.replace('-----BEGIN PGP SIG', '-----END PGP MESSAGE-----\n-----BEGIN PGP SIG'),
      /text outside|cannot be read/,
    ],
    [
      'a damaged signature',
      (text) => text.replace(/(BEGIN PGP SIGNATURE-----\n\n.{20})./, '$1!'),
      /not signed as it has to be/,
    ],
  ])('%s', async (_, work, message) => {
    await using at = await place();
    const text = at.served.files.get(inRelease)?.toString() ?? '';
    at.served.files.set(inRelease, Buffer.from(await work(text)));
    const error = await failure(at.open());
    expect(error.code).toBe('ARCHIVE_SIGNATURE');
    expect(error.message).toMatch(message);
    expect(error.message).toContain(`${at.served.url}/${inRelease}`);
  });

  test('a signature by another key', async () => {
    await using at = await place();
    const other = await makeKey();
    const error = await failure(at.open({ keyrings: [{ armored: other.armored }] }));
    expect(error.code).toBe('ARCHIVE_SIGNATURE');
    expect(error.message).toMatch(/[0-9A-F]{16}: the key is not trusted for this archive$/);
  });

  test('a signature by another key, where the store has one that is good', async () => {
    await using at = await place();
    await at.open();
    const { armored } = await makeKey();
    const error = await failure(at.open({ keyrings: [{ armored }], offline: true }));
    expect(error.code).toBe('ARCHIVE_SIGNATURE');
  });

  test('a test archive, when only Debian is trusted', async () => {
    await using at = await place();
    const sources = at.served.sources().map(({ uri, suite, components }) => ({ uri, suite, components }));
    expect((await failure(at.open({ sources }))).code).toBe('ARCHIVE_SIGNATURE');
  });

  test('a key that has expired, unless old releases are allowed', async () => {
    const key = await makeKey(hours(-100), 200 * 3600);
    await using at = await place(undefined, { key });
    expect((await at.open()).releases).toHaveLength(1);
    const error = await failure(at.open({ now: hours(101) }));
    expect(error.code).toBe('ARCHIVE_SIGNATURE');
    expect(error.message).toMatch(/the key expired \(2026-03-05\)$/);
    expect((await at.open({ now: hours(101), allowExpired: true })).releases).toHaveLength(1);
  });

  test('a signature made after its key expired, whatever is allowed', async () => {
    const { reformatKey } = await import('openpgp');
    await using at = await place();
    // Whoever has taken the key goes on signing; the owner's copy says that it ended.
    const { publicKey } = await reformatKey({
      privateKey: at.served.key.key,
      userIDs: [{ name: 'Test Archive' }],
      date: new Date('2025-01-02T00:00:00Z'),
      keyExpirationTime: 24 * 3600,
      format: 'armored',
    });
    const error = await failure(at.open({ keyrings: [{ armored: publicKey }], allowExpired: true }));
    expect(error.code).toBe('ARCHIVE_SIGNATURE');
    expect(error.message).toMatch(/expired/);
  });

  test('a signature from the future', async () => {
    await using at = await place();
    const error = await failure(at.open({ now: hours(-3) }));
    expect(error.code).toBe('ARCHIVE_SIGNATURE');
    expect(error.message).toMatch(/future/);
  });

  test('a release from the future', async () => {
    await using at = await place();
    const text = at.served.files.get(inRelease)?.toString() ?? '';
    const release = /\n\n(.*)\n-----BEGIN PGP SIGNATURE/s.exec(text)?.[1] ?? '';
    const later = release.replace(/^Date: .*$/m, `Date: ${hours(2).toUTCString()}`);
    at.served.files.set(inRelease, Buffer.from(await sign(later, at.served.key, hours(-1))));
    const error = await failure(at.open());
    expect(error.code).toBe('ARCHIVE_EXPIRED');
    expect(error.message).toMatch(/is from the future: 2026-03-01 14:00 UTC$/);
  });

  test('an expired release, unless that is allowed', async () => {
    await using at = await place({ stable: { packages: [HELLO], validUntil: hours(1) } });
    expect((await at.open()).releases).toHaveLength(1);
    const error = await failure(at.open({ now: hours(2) }));
    expect(error.code).toBe('ARCHIVE_EXPIRED');
    expect(error.message).toMatch(/expired: it was valid until 2026-03-01 13:00 UTC$/);
    expect((await at.open({ now: hours(2), allowExpired: true })).releases).toHaveLength(1);
  });

  test('an expired release from the store too', async () => {
    await using at = await place({ stable: { packages: [HELLO], validUntil: hours(1) } });
    await at.open();
    expect((await failure(at.open({ now: hours(2), offline: true }))).code).toBe('ARCHIVE_EXPIRED');
  });

  test('an older release than one seen before, unless that is allowed', async () => {
    await using at = await place();
    const old = at.served.files.get(inRelease) ?? Buffer.alloc(0);
    await at.served.publish('stable', { packages: [{ ...HELLO, version: '1.1-1' }], date: TEST_NOW });
    await at.open();
    at.served.files.set(inRelease, old);
    const error = await failure(at.open());
    expect(error.code).toBe('ARCHIVE_ROLLBACK');
    expect(error.message).toMatch(
      /is of 2026-03-01 11:00 UTC, older than one seen before, of 2026-03-01 12:00 UTC$/,
    );
    const { index } = await at.open({ allowRollback: true });
    expect(labels(index.versions('hello'))).toEqual(['hello 1.0-1 stable']);
    // Having been allowed once is no leave for ever.
    expect((await failure(at.open())).code).toBe('ARCHIVE_ROLLBACK');
  });

  test('an older release from another mirror', async () => {
    await using at = await place();
    await at.served.publish('stable', { packages: [HELLO], date: TEST_NOW });
    await at.open();
    await using behind = await serveArchive({
      suites: { stable: { packages: [HELLO] } },
      key: at.served.key,
    });
    expect((await failure(at.open({ sources: behind.sources() }))).code).toBe('ARCHIVE_ROLLBACK');
  });

  test("another suite's release", async () => {
    await using at = await place({ stable: { packages: [HELLO] }, oldstable: { packages: [HELLO] } });
    at.served.files.set(inRelease, at.served.files.get('dists/oldstable/InRelease') ?? Buffer.alloc(0));
    const error = await failure(at.open());
    expect(error.code).toBe('ARCHIVE_SIGNATURE');
    expect(error.message).toMatch(/is the release of oldstable, not of stable$/);
  });

  test('a release without hashes', async () => {
    await using at = await place();
    const text = 'Suite: stable\nDate: Sun, 01 Mar 2026 11:00:00 UTC\nMD5Sum:\n';
    at.served.files.set(inRelease, Buffer.from(await sign(text, at.served.key, hours(-1))));
    expect(await failure(at.open())).toMatchObject({
      code: 'ARCHIVE_INVALID',
      message: expect.stringMatching(/it lists no files with SHA256$/),
    });
  });

  test.each(['xz', 'gz', 'plain'] as const)('a changed byte in an index (%s)', async (form) => {
    await using at = await place({ stable: { packages: [HELLO, LIBRARY], indexes: [form] } });
    for (const path of at.served.files.keys()) if (path.includes('binary-amd64')) change(at, path, flip);
    const error = await failure(at.open());
    expect(['DIGEST_MISMATCH', 'ARCHIVE_INVALID']).toContain(error.code);
    expect(error.message).toContain('stable main/binary-amd64');
    // Nothing of it stays.
    expect((await failure(at.open({ offline: true }))).code).toBe('NETWORK');
  });

  test('an index that is packed right but has something else in it', async () => {
    await using at = await place({ stable: { packages: [HELLO], indexes: ['gz'] } });
    const text = at.served.files.get(inRelease)?.toString() ?? '';
    const release = /\n\n(.*)\n-----BEGIN PGP SIGNATURE/s.exec(text)?.[1] ?? '';
    const wrong = release.replace(
      / [0-9a-f]{64}( +\d+ main\/binary-amd64\/Packages)$/m,
      ` ${'0'.repeat(64)}$1`,
    );
    at.served.files.set(inRelease, Buffer.from(await sign(wrong, at.served.key, hours(-1))));
    const error = await failure(at.open());
    expect(error.code).toBe('DIGEST_MISMATCH');
    expect(error.message).toContain('unpacked');
  });

  test('an index that is not there', async () => {
    await using at = await place();
    for (const path of at.served.files.keys())
      if (path.includes('binary-amd64')) at.served.files.delete(path);
    expect(await failure(at.open())).toMatchObject({
      code: 'NETWORK',
      hint: expect.stringContaining('update'),
    });
  });

  test.each<[string, (text: string) => string]>([
    ['a changed byte in a package', flip],
    ['a package that is cut off', (text) => text.slice(0, -1)],
    ['a package that is longer', (text) => `${text}\n`],
  ])('%s', async (_, work) => {
    await using at = await place();
    const archive = await at.open();
    const hello = first(archive, 'hello');
    change(at, hello.filename, work);
    const error = await failure(archive.fetch(hello));
    expect(error.code).toBe('DIGEST_MISMATCH');
    expect(error.message).toMatch(
      /^package hello 1\.0-1 \(amd64\) on http:\/\/127\.0\.0\.1:\d+ is not what it should be: /,
    );
    expect(at.stored.store.blobs.has(hello.digest)).toBe(false);
  });

  test('a package that is not there', async () => {
    await using at = await place();
    const archive = await at.open();
    const hello = first(archive, 'hello');
    at.served.files.delete(hello.filename);
    expect(await failure(archive.fetch(hello))).toMatchObject({
      code: 'NETWORK',
      hint: expect.stringContaining('snapshot'),
    });
  });

  test.each(['../../etc/passwd', '/etc/passwd', 'pool//x', 'pool/./x', 'pool/\\x'])(
    'a package whose file is %j',
    async (filename) => {
      await using at = await place();
      const archive = await at.open();
      const error = await failure(archive.fetch({ ...first(archive, 'hello'), filename }));
      expect(error.code).toBe('ARCHIVE_INVALID');
    },
  );
});

describe('a pool', () => {
  test('gives packages of a lock file without looking at any release', async () => {
    await using at = await place();
    const hello = first(await at.open(), 'hello');
    await using other = await testStore();
    at.served.requests.length = 0;
    const pool = openPool({ store: other.store, sources: at.served.sources(), environment: {} });
    const { name, version, architecture, filename, size, digest } = hello;
    expect(await pool.fetch({ name, version, architecture, filename, size, digest })).toEqual({
      digest,
      size,
    });
    await pool.close();
    expect(at.served.requests.map(({ path }) => path)).toEqual([filename]);
  });

  test('looks at one mirror after another', async () => {
    await using at = await place();
    const hello = first(await at.open(), 'hello');
    await using empty = await serveArchive({ suites: {}, key: at.served.key });
    await using other = await testStore();
    const pool = openPool({ store: other.store, sources: at.served.sources(), environment: {} });
    expect(await pool.fetch(hello, [empty.url, at.served.url])).toEqual({
      digest: hello.digest,
      size: hello.size,
    });
    await pool.close();
  });
});
