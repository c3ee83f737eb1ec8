/**
 * `base update` and `base diff` on a small archive that is made and signed here, and that moves on: what is newer, what
 * a new lock holds, and in what two bases differ.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveArchive, TEST_NOW } from '../../src/debian/testing/archive.ts';
import type { TestArchive, TestPackage } from '../../src/debian/testing/archive.ts';
import type { Ended } from '../support/process.ts';
import { createWorkbench } from '../support/workbench.ts';
import type { DecantOptions, Workbench } from '../support/workbench.ts';

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const folder = mkdtempSync(join(tmpdir(), 'base-update-'));
let archive: TestArchive;
let bench: Workbench;

const tool = (version: string, depends: string): TestPackage => ({
  name: 'tool',
  version,
  architecture: ARCHITECTURE,
  fields: { Depends: depends, Source: 'toolbox' },
  files: { '/usr/bin/tool': { content: `tool ${version}\n`, mode: 0o755 }, '/usr/share/tool/data': 'data\n' },
});
const library = (name: string, version: string): TestPackage => ({
  name,
  version,
  architecture: ARCHITECTURE,
  files: { [`/usr/lib/${name}.so`]: `${name} ${version}\n` },
});
const suite = (packages: readonly TestPackage[], hours = 1) => ({
  packages,
  architectures: [ARCHITECTURE],
  date: new Date(TEST_NOW.getTime() - hours * 3_600_000),
});

beforeAll(async () => {
  archive = await serveArchive({
    suites: {
      bookworm: suite([tool('1.0-1', 'liba'), library('liba', '1:2.0'), library('libb', '3')]),
      'bookworm-updates': suite([]),
      'bookworm-security': suite([], 3),
    },
  });
  writeFileSync(join(folder, 'keys.asc'), archive.key.armored);
  bench = createWorkbench();
  const recipe = 'suite: 12\npackages: [tool]\n';
  bench.files({ 'app.yaml': recipe, 'other.yaml': recipe }, 'recipes');
  await base(['lock', 'app.yaml', '-o', 'app.lock', '--platform', `linux/${ARCHITECTURE}`]);
  writeFileSync(bench.path('recipes/first.lock'), readFileSync(bench.path('recipes/app.lock')));
});

afterAll(async () => {
  await archive.close();
  bench.remove();
  rmSync(folder, { recursive: true, force: true });
});

function options(): DecantOptions {
  const mirrors = { DECANT_DEBIAN_MIRROR: archive.url, DECANT_DEBIAN_SECURITY_MIRROR: archive.url };
  return { variables: mirrors, cwd: bench.path('recipes') };
}

const args = ([command = '', ...rest]: readonly string[]): readonly string[] => [
  'base',
  command,
  '--keyring',
  join(folder, 'keys.asc'),
  ...rest,
];
const base = (words: readonly string[]): Promise<Ended> => bench.need(args(words), options());
const refused = (words: readonly string[]): Promise<Ended> => bench.decant(args(words), options());
const answer = <T>(words: readonly string[]): Promise<T> => bench.json<T>(args(words), options());

interface Updated {
  readonly recipe: string | null;
  readonly architectures: readonly {
    readonly packages: readonly {
      readonly name: string;
      readonly change: string;
      readonly before?: { readonly version: string };
      readonly after?: { readonly version: string; readonly source: { readonly name: string } };
      readonly closes?: readonly string[];
    }[];
    readonly closes?: readonly string[];
    readonly open?: readonly string[];
  }[];
}

const changes = ({ architectures: [first] }: Updated): readonly string[] =>
  (first?.packages ?? []).map(
    ({ name, change, before, after }) =>
      `${name} ${change} ${before?.version ?? '-'} ${after?.version ?? '-'}`,
  );

describe('an update', () => {
  test('of a lock that is as the archive is changes nothing', async () => {
    const { stdout } = await base(['update', 'app.lock', 'app.yaml']);
    expect(stdout).toBe(`${ARCHITECTURE}: all 2 packages are as the archive has them\n`);
  });

  test('is the recipe solved anew, security fixes among it', async () => {
    await archive.publish('bookworm-security', suite([tool('1.0-1+deb12u1', 'liba, libb')]));
    const update = await answer<Updated>(['update', 'app.lock', 'app.yaml']);
    expect(changes(update)).toEqual(['libb added - 3', 'tool upgraded 1.0-1 1.0-1+deb12u1']);
    expect(update.architectures[0]?.packages[1]?.after?.source).toEqual({
      name: 'toolbox',
      version: '1.0-1+deb12u1',
    });
    const { stdout } = await base(['update', 'app.lock', 'app.yaml']);
    expect(stdout).toMatch(/^tool +1\.0-1 +1\.0-1\+deb12u1$/m);
    expect(stdout).toMatch(/: 2 of 2 packages change, [\d.]+ k?B of packages become [\d.]+ k?B$/m);
  });

  test('tells which advisories it closes, and which stay open', async () => {
    const release = (fields: object) => ({ releases: { bookworm: { urgency: 'low', ...fields } } });
    const tracker = {
      toolbox: {
        'CVE-2026-10': release({ status: 'resolved', fixed_version: '1.0-1+deb12u1' }),
        'CVE-2026-9': release({ status: 'resolved', fixed_version: '1.0-1+deb12u1' }),
        'CVE-2026-11': release({ status: 'open' }),
        'CVE-2020-1': release({ status: 'resolved', fixed_version: '0.9' }),
      },
      libb: { 'CVE-2026-12': release({ status: 'open' }) },
    };
    const unknown = await base(['update', 'app.lock', 'app.yaml']);
    expect(unknown.stderr).toContain('note: no advisories are known for this release');
    bench.change(bench.path('recipes'), { 'tracker.json': JSON.stringify(tracker) });
    await bench.need(['db', 'import', 'tracker.json'], options());
    const update = await answer<Updated>(['update', 'app.lock', 'app.yaml']);
    const [libb, moved] = update.architectures[0]?.packages ?? [];
    expect(moved).toMatchObject({ name: 'tool', closes: ['CVE-2026-9', 'CVE-2026-10'], opens: [] });
    expect(libb).toMatchObject({ name: 'libb', closes: [], opens: ['CVE-2026-12'] });
    expect(update.architectures[0]).toMatchObject({
      closes: ['CVE-2026-9', 'CVE-2026-10'],
      open: ['CVE-2026-11', 'CVE-2026-12'],
    });
    const { stdout, stderr } = await base(['update', 'app.lock', 'app.yaml']);
    expect(stdout).toMatch(/^tool +1\.0-1 +1\.0-1\+deb12u1 +CVE-2026-9 CVE-2026-10$/m);
    expect(stdout).toMatch(/; closes 2 advisories, 2 open after it$/m);
    expect(stderr).not.toContain('note:');
  });

  test('without the recipe is what has a higher version, and writes no lock', async () => {
    const update = await answer<Updated>(['update', 'app.lock']);
    expect(update.recipe).toBeNull();
    expect(changes(update)).toEqual(['tool upgraded 1.0-1 1.0-1+deb12u1']);
    const before = readFileSync(bench.path('recipes/app.lock'));
    const ended = await refused(['update', 'app.lock', '--write']);
    expect(ended.stderr).toMatch(/its recipe is not known \[LOCK_INVALID\][^]*hint: name the recipe too/);
    expect(ended.status).toBe(1);
    expect(readFileSync(bench.path('recipes/app.lock'))).toEqual(before);
  });

  test('by the recipe of another base is refused', async () => {
    expect((await refused(['update', 'app.lock', 'other.yaml'])).stderr).toContain('[LOCK_INVALID]');
  });

  test('writes the lock that `base lock` would write, and a build takes it', async () => {
    await base(['update', 'app.lock', 'app.yaml', '--write']);
    const made = await base(['lock', 'app.yaml', '--platform', `linux/${ARCHITECTURE}`]);
    expect(readFileSync(bench.path('recipes/app.lock'), 'utf8')).toBe(made.stdout);
    // The new packages are in no store yet.
    const built = await answer<{ packages: { name: string }[] }>(['build', 'app.yaml', '--lock', 'app.lock']);
    expect(built.packages.map(({ name }) => name)).toEqual(['liba', 'libb', 'tool']);
  });

  test('of a lock that was written before may go to another file', async () => {
    await base(['update', 'first.lock', 'app.yaml', '-o', 'second.lock']);
    expect(readFileSync(bench.path('recipes/second.lock'))).toEqual(
      readFileSync(bench.path('recipes/app.lock')),
    );
    expect((await refused(['update', 'first.lock', '--write', '-o', 'x'])).status).toBe(2);
  });
});

interface Differed {
  readonly bases: readonly { readonly kind: string; readonly packages: number; readonly files?: number }[];
  readonly packages: readonly { readonly name: string; readonly change: string }[];
  readonly files:
    | readonly { readonly path: string; readonly change: string; readonly differs?: string[] }[]
    | null;
}

describe('a difference', () => {
  test('of two locks is one of packages', async () => {
    const difference = await answer<Differed>(['diff', 'first.lock', 'app.lock']);
    expect(difference.bases.map(({ kind, packages }) => [kind, packages])).toEqual([
      ['lock', 2],
      ['lock', 3],
    ]);
    expect(difference.packages.map(({ name, change }) => `${name} ${change}`)).toEqual([
      'libb added',
      'tool upgraded',
    ]);
    expect(difference.files).toBeNull();
  });

  test('of two recipes is one of packages and files', async () => {
    bench.change(bench.path('recipes'), {
      'other.yaml':
        'suite: 12\npackages: [tool=1.0-1]\nleave-out: [/usr/share/tool]\nusers: [{ name: app, uid: 7 }]\n',
    });
    const difference = await answer<Differed>(['diff', 'other.yaml', 'app.yaml']);
    const files = (difference.files ?? []).filter(({ path }) => !path.startsWith('/var/lib/dpkg/'));
    expect(files.map(({ path, change, differs }) => [path, change, ...(differs ?? [])])).toEqual([
      ['/etc/group', 'changed', 'content'],
      ['/etc/passwd', 'changed', 'content'],
      ['/usr/bin/tool', 'changed', 'content'],
      ['/usr/lib/libb.so', 'added'],
      ['/usr/share', 'added'],
      ['/usr/share/tool', 'added'],
      ['/usr/share/tool/data', 'added'],
    ]);
    const { stdout } = await base(['diff', 'other.yaml', 'app.yaml', '--files']);
    expect(stdout).toMatch(/^tool +upgraded +1\.0-1 +1\.0-1\+deb12u1$/m);
    expect(stdout).toMatch(/^changed +\/usr\/bin\/tool +content$/m);
  });

  test('of a recipe and itself is none', async () => {
    const { stdout } = await base(['diff', 'app.yaml', 'app.yaml']);
    expect(stdout).toMatch(/\n\nthe same packages\n\nthe same files\n$/);
  });

  test('of packages only takes no package', async () => {
    const empty = createWorkbench();
    try {
      const before = archive.requests.length;
      const words = args(['diff', 'other.yaml', 'app.yaml', '--packages-only']);
      const { files } = await empty.json<Differed>(words, { ...options(), cwd: bench.path('recipes') });
      expect(files).toBeNull();
      const asked = archive.requests.slice(before).map(({ path }) => path);
      expect(asked.filter((path) => path.endsWith('.deb'))).toEqual([]);
    } finally {
      empty.remove();
    }
  });
});

describe('of an image', () => {
  test('an update is found by the recipe that its history names, also below an application', async () => {
    await archive.publish('bookworm-security', suite([tool('1.0-1+deb12u2', 'liba')], 0.5));
    await base(['build', 'app.yaml', '--lock', 'first.lock', '-t', 'first']);
    const context = bench.files({ Dockerfile: 'FROM first\nCOPY app /app\n', app: 'x' });
    await bench.need(['build', '-t', 'application', context]);
    for (const image of ['first', 'application']) {
      const update = await answer<Updated>(['update', image, 'app.yaml', '-o', 'image.lock']);
      expect(update.recipe).toBe('app');
      expect(changes(update)).toEqual(['tool upgraded 1.0-1 1.0-1+deb12u2']);
    }
    const { stdout } = await base(['update', 'image.lock', 'app.yaml']);
    expect(stdout).toBe(
      `${ARCHITECTURE}: all 2 packages are as the archive has them; closes 0 advisories, 1 open after it\n`,
    );
    expect((await refused(['update', 'first', 'other.yaml'])).stderr).toContain('[LOCK_INVALID]');
  });

  test('a difference is one of packages and files', async () => {
    await base(['build', 'app.yaml', '--lock', 'app.lock', '-t', 'second']);
    const difference = await answer<Differed>(['diff', 'store:first', 'second']);
    expect(difference.packages.map(({ name, change }) => `${name} ${change}`)).toEqual([
      'libb added',
      'tool upgraded',
    ]);
    const files = (difference.files ?? []).filter(({ path }) => !path.startsWith('/var/lib/dpkg/'));
    expect(files.map(({ path, change }) => `${path} ${change}`)).toEqual([
      '/usr/bin/tool changed',
      '/usr/lib/libb.so added',
    ]);
  });

  test('that has no packages is refused', async () => {
    const context = bench.files({ Dockerfile: 'FROM scratch\nCOPY app /app\n', app: 'x' });
    await bench.need(['build', '-t', 'no-packages', context]);
    expect((await refused(['update', 'no-packages'])).stderr).toContain('[BASE_UNKNOWN]');
  });
});

test('why a package is in a base, and why not', async () => {
  const why = await answer<{ steps: object[] }>(['why', 'liba', 'app.yaml']);
  expect(why).toEqual({
    package: 'liba',
    excluded: null,
    steps: [
      { name: 'tool', version: expect.stringMatching(/^1\.0-1/), request: 'tool' },
      { name: 'liba', version: '1:2.0', dependency: { of: 'tool', clause: 'liba' } },
    ],
  });
  bench.change(bench.path('recipes'), {
    'without.yaml': 'suite: 12\npackages: [tool]\nexclude: { liba: it is not loaded }\n',
  });
  expect((await base(['why', 'liba', 'without.yaml'])).stdout).toBe('liba is left out: it is not loaded\n');
  expect((await refused(['why', 'nothing', 'app.yaml'])).stderr).toContain('[PACKAGE_UNKNOWN]');
});
