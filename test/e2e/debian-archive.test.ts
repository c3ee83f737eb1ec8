/**
 * The archive that this machine's own apt uses: its real releases, signatures, indexes and packages. Debian 12 is read
 * with its updates and its security fixes.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Archive, openArchive } from '../../src/debian/archive.ts';
import { openIndex } from '../../src/debian/index-file.ts';
import { PINNED_KEYS } from '../../src/debian/keyring.ts';
import { sourcesFor, suiteFamily } from '../../src/debian/sources.ts';
import { compareVersions } from '../../src/debian/version.ts';
import { openStore, type Store } from '../../src/store/store.ts';
import { processorTime, SLOWNESS } from '../support/speed.ts';

const folder = mkdtempSync(join(tmpdir(), 'decant-archive-'));
let store: Store;
let archive: Archive;

async function open(architecture: string, offline = false): Promise<Archive> {
  return openArchive({
    store,
    sources: sourcesFor(suiteFamily('bookworm'), { environment: process.env }),
    architecture,
    now: new Date(),
    offline,
  });
}

beforeAll(async () => {
  store = await openStore(join(folder, 'store'));
  archive = await open('amd64');
});

afterAll(async () => {
  await archive.close();
  rmSync(folder, { recursive: true });
});

describe("the machine's archive", () => {
  test('has Debian 12 with updates and security, each signed by a key that ships with decant', () => {
    expect(archive.releases.map((release) => release.codename)).toEqual([
      'bookworm',
      'bookworm-updates',
      'bookworm-security',
    ]);
    const pinned = new Set(Object.values(PINNED_KEYS));
    for (const release of archive.releases)
      expect(release.signedBy.some((key) => pinned.has(key))).toBe(true);
  });

  test('has tens of thousands of packages', () => {
    expect(archive.index.names().length).toBeGreaterThan(50_000);
  });

  test('knows libc6 and what it needs', () => {
    const versions = archive.index.versions('libc6');
    const [libc6] = versions;
    expect(libc6).toMatchObject({
      name: 'libc6',
      architecture: 'amd64',
      multiArch: 'same',
      source: { name: 'glibc' },
      suite: expect.stringMatching(/^bookworm/),
    });
    expect(libc6?.depends.flat().map((one) => one.name)).toContain('libgcc-s1');
    const sorted = versions.map((one) => one.version).toSorted((a, b) => compareVersions(b, a));
    expect(versions.map((one) => one.version)).toEqual(sorted);
  });

  test('knows who provides awk', () => {
    expect(archive.index.providers('awk').map((one) => one.name)).toEqual(
      expect.arrayContaining(['gawk', 'mawk', 'original-awk']),
    );
  });

  test('agrees with apt-cache on what every 500th package is', () => {
    const names = archive.index.names().filter((_, index) => index % 500 === 0);
    const shown = execFileSync('apt-cache', ['show', '--no-all-versions', ...names], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const checked = shown.split('\n\n').filter((stanza) => {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? '';
      const known = archive.index.versions(field('Package')).find((one) => one.version === field('Version'));
      // The machine's lists may be older than the archive, and have other sources too.
      if (!known) return false;
      expect(known.digest).toBe(`sha256:${field('SHA256')}`);
      expect(known.filename).toBe(field('Filename'));
      return true;
    });
    expect(checked.length).toBeGreaterThan(names.length / 2);
  });

  test('gives a package that dpkg-deb reads', async () => {
    const [netbase] = archive.index.versions('netbase');
    if (!netbase) throw new Error('there is no netbase');
    const { digest } = await archive.fetch(netbase);
    const show = execFileSync('dpkg-deb', ['--field', store.blobs.path(digest), 'Package', 'Version'], {
      encoding: 'utf8',
    });
    expect(show).toBe(`Package: netbase\nVersion: ${netbase.version}\n`);
  });

  test('is opened again without the network', async () => {
    const again = await open('amd64', true);
    expect(again.index.versions('libc6')).toEqual(archive.index.versions('libc6'));
  });

  test('has other architectures too', async () => {
    const arm = await open('arm64');
    try {
      expect(arm.index.versions('libc6')[0]?.architecture).toBe('arm64');
      expect(arm.index.versions('netbase')[0]?.architecture).toBe('all');
    } finally {
      await arm.close();
    }
  });
});

test('an index of tens of thousands of packages opens in less than a tenth of a second of the processor', () => {
  const files = [...store.cache.entries()].flatMap(({ record }) =>
    record?.kind === 'debian-index' ? (record.refs.blobs ?? []) : [],
  );
  const paths = files.map((digest) => store.blobs.path(digest));
  const largest = paths.toSorted((a, b) => statSync(b).size - statSync(a).size)[0] ?? '';
  const times = [1, 2, 3, 4, 5].map(() =>
    processorTime(() => {
      const reader = openIndex(largest);
      expect(reader?.count).toBeGreaterThan(50_000);
      expect(reader?.named('libc6')).toHaveLength(1);
      expect(reader?.providing('awk').length).toBeGreaterThan(1);
    }),
  );
  expect(Math.min(...times)).toBeLessThan(100 * SLOWNESS);
});
