/**
 * Another distribution than Debian: an archive in Ubuntu's layout, made and signed here of packages that the host's apt
 * has, and all of decant's own way from `base build ubuntu:noble` to a program that runs. What is wrong with such an
 * archive is refused.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeKey, serveArchive, TEST_NOW } from '../../src/debian/testing/archive.ts';
import type { TestArchive, TestSuite } from '../../src/debian/testing/archive.ts';
import type { TestPackage } from '../../src/debian/testing/deb.ts';
import { mustRun } from '../support/process.ts';
import { createWorkbench } from '../support/workbench.ts';
import type { Workbench } from '../support/workbench.ts';

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const folder = mkdtempSync(join(tmpdir(), 'ubuntu-system-'));
const keyring = join(folder, 'keys.asc');
let archive: TestArchive;
let bench: Workbench;

const suite = (packages: readonly TestPackage[], more: Partial<TestSuite> = {}): TestSuite => ({
  packages,
  components: { main: packages, universe: [] },
  architectures: [ARCHITECTURE],
  ...more,
});

beforeAll(async () => {
  const packages = await systemPackages();
  archive = await serveArchive({
    suites: {
      noble: suite(packages, { validUntil: new Date('2100-01-01T00:00:00Z') }),
      'noble-updates': suite([]),
      'noble-security': suite([]),
    },
  });
  writeFileSync(keyring, archive.key.armored);
  bench = createWorkbench();
});

afterAll(async () => {
  await archive.close();
  bench.remove();
  rmSync(folder, { recursive: true, force: true });
});

const build = (options: readonly string[] = [], variables: Record<string, string> = {}) =>
  bench.decant(['base', 'build', 'ubuntu:noble', '--progress', 'plain', '--keyring', keyring, ...options], {
    variables: { DECANT_UBUNTU_MIRROR: archive.url, ...variables },
  });

describe('a full system of another distribution', () => {
  test('is composed, configured and runs', async () => {
    const made = await build();
    expect(made, made.stderr).toMatchObject({ status: 0 });
    expect(made.stdout).toMatch(/^ubuntu:noble sha256:/);
    const script = `dpkg --audit && dpkg-query -W -f '\${db:Status-Abbrev}\${Package}\\n' dpkg && cat "$0"`;
    const ran = await bench.need([
      'run',
      '--network=none',
      'ubuntu:noble',
      'sh',
      '-c',
      script,
      '/etc/apt/sources.list.d/ubuntu.sources',
    ]);
    expect(ran.stdout).toContain('ii dpkg\n');
    const stanza = (name: string): string =>
      [
        'Types: deb',
        `URIs: ${archive.url}`,
        `Suites: ${name}`,
        'Components: main universe',
        'Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg',
        '',
      ].join('\n');
    expect(ran.stdout).toContain(['noble', 'noble-updates', 'noble-security'].map(stanza).join('\n'));
  });

  test('is a base that FROM names', async () => {
    const context = bench.files({
      Dockerfile: 'FROM ubuntu:24.04\nRUN dpkg --print-architecture > /architecture\n',
      'decant.yaml': `ubuntu:\n  mirror: ${archive.url}\n  keyring: ${keyring}\nbases: compose\n`,
    });
    const built = await bench.decant(['build', '--network=none', '-t', 'on-ubuntu', '.'], { cwd: context });
    expect(built, built.stderr).toMatchObject({ status: 0 });
    const ran = await bench.need(['run', '--network=none', 'on-ubuntu', 'cat', '/architecture']);
    expect(ran.stdout).toBe(`${ARCHITECTURE}\n`);
  });

  test('needs a mirror of that distribution', async () => {
    const refused = await build([], { DECANT_UBUNTU_MIRROR: '', DECANT_DEBIAN_MIRROR: archive.url });
    expect(refused.status).toBe(5);
    expect(refused.stderr).toMatch(/\[MIRROR_UNKNOWN\][\s\S]*DECANT_UBUNTU_MIRROR/);
  });

  test("needs the distribution's keys", async () => {
    const other = join(folder, 'other.asc');
    writeFileSync(other, (await makeKey()).armored);
    const refused = await build(['--keyring', other]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('[ARCHIVE_SIGNATURE]');
  });
});

describe('an archive that is not as it was signed is refused', () => {
  const kept = new Map<string, Buffer>();
  beforeEach(() => {
    for (const [path, bytes] of kept) archive.files.set(path, bytes);
    for (const [path, bytes] of archive.files) kept.set(path, bytes);
  });

  const changed = (paths: RegExp, change: (bytes: Buffer) => Buffer): void => {
    for (const [path, bytes] of archive.files) if (paths.test(path)) archive.files.set(path, change(bytes));
  };
  const flip = (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
    return copy;
  };
  /** Into an empty store, so that nothing is known already. */
  const inEmptyStore = async (code: string): Promise<void> => {
    const fresh = createWorkbench();
    try {
      const refused = await fresh.decant(['base', 'build', 'ubuntu:noble', '--keyring', keyring], {
        variables: { DECANT_UBUNTU_MIRROR: archive.url },
      });
      expect(refused.stderr).toContain(`[${code}]`);
      expect(refused.status).toBe(code === 'DIGEST_MISMATCH' ? 3 : 1);
      expect((await fresh.need(['images', '-q'])).stdout).toBe('');
    } finally {
      fresh.remove();
    }
  };

  test('a byte of a package', async () => {
    changed(/\/dpkg_[^/]*\.deb$/, flip);
    await inEmptyStore('DIGEST_MISMATCH');
  });

  test('a byte of an index', async () => {
    changed(/noble\/main\/binary-/, flip);
    await inEmptyStore('DIGEST_MISMATCH');
  });

  test('a release with a line more', async () => {
    changed(/noble\/InRelease$/, (bytes) =>
      Buffer.from(bytes.toString().replace('Origin:', 'X: y\nOrigin:')),
    );
    await inEmptyStore('ARCHIVE_SIGNATURE');
  });

  test('a release whose time is over', async () => {
    await archive.publish('noble-updates', suite([], { validUntil: new Date(TEST_NOW.getTime() + 1000) }));
    await inEmptyStore('ARCHIVE_EXPIRED');
  });

  test('an older release than one seen before', async () => {
    await archive.publish(
      'noble-updates',
      suite([], { date: new Date(TEST_NOW.getTime() - 10 * 86_400_000) }),
    );
    const refused = await build();
    expect(refused.stderr).toContain('[ARCHIVE_ROLLBACK]');
    expect(refused.status).toBe(1);
  });
});

/** What a system begins with, as apt of this machine chooses it. */
async function systemPackages(): Promise<readonly TestPackage[]> {
  const nothing = join(folder, 'no-packages');
  writeFileSync(nothing, '');
  const options = ['-o', `Dir::State::status=${nothing}`, '-o', 'Debug::NoLocking=1'];
  const wanted = ['?essential', '?priority(required)', 'apt', 'usr-is-merged'];
  const plan = await mustRun(['apt-get', ...options, '-s', 'install', '--no-install-recommends', ...wanted]);
  const names = [...plan.stdout.matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name);
  await mustRun(['apt-get', 'download', '-q', ...names], { cwd: folder });
  const files = readdirSync(folder).filter((name) => name.endsWith('.deb'));
  return Promise.all(
    files.map(async (file): Promise<TestPackage> => {
      const control = (await mustRun(['dpkg-deb', '-f', join(folder, file)])).stdout;
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(control)?.[1] ?? '';
      return {
        name: field('Package'),
        version: field('Version'),
        architecture: field('Architecture'),
        built: { bytes: readFileSync(join(folder, file)), control },
      };
    }),
  );
}
