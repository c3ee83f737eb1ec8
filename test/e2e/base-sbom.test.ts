/**
 * Bills of materials of composed bases: made of the packages themselves, kept beside the image without changing it, and
 * taken along when it is pushed, to Debian's docker-registry and to one that lists referrers.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveArchive, TEST_NOW } from '../../src/debian/testing/archive.ts';
import type { TestArchive } from '../../src/debian/testing/archive.ts';
import { checkSpdx } from '../../src/inspect/sbom/testing-checks.ts';
import { serveRegistry } from '../../src/registry/testing/serve.ts';
import { startRegistry } from '../support/docker-registry.ts';
import { mustRun } from '../support/process.ts';
import { createWorkbench } from '../support/workbench.ts';
import type { Workbench } from '../support/workbench.ts';

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64';
const TYPES = ['application/spdx+json', 'application/vnd.cyclonedx+json'];
let archive: TestArchive;
let bench: Workbench;

interface Built {
  readonly digest: string;
  readonly sboms: readonly {
    readonly format: string;
    readonly mediaType: string;
    readonly digest: string;
    readonly manifest: string;
  }[];
}

beforeAll(async () => {
  const copyright =
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+\n';
  const packages = [
    {
      name: 'tool',
      version: '1.0-1',
      architecture: ARCHITECTURE,
      fields: { Depends: 'liba', Source: 'toolbox (1.0)' },
      files: { '/usr/bin/tool': 'tool', '/usr/share/doc/tool/copyright': copyright },
    },
    { name: 'liba', version: '1:2.0', architecture: ARCHITECTURE, files: { '/usr/lib/liba.so': 'liba' } },
  ];
  const suite = { packages, architectures: [ARCHITECTURE], date: new Date(TEST_NOW.getTime() - 3_600_000) };
  const empty = { ...suite, packages: [] };
  archive = await serveArchive({
    suites: { bookworm: suite, 'bookworm-updates': empty, 'bookworm-security': empty },
  });
  bench = createWorkbench();
  bench.files({ 'app.yaml': 'suite: 12\npackages: [tool]\n', 'keys.asc': archive.key.armored }, 'recipes');
});
afterAll(async () => {
  await archive.close();
  bench.remove();
});

const build = (tag: string, ...flags: readonly string[]): Promise<Built> =>
  bench.json<Built>(['base', 'build', 'app.yaml', '--keyring', 'keys.asc', '-t', tag, ...flags], {
    variables: { DECANT_DEBIAN_MIRROR: archive.url, DECANT_DEBIAN_SECURITY_MIRROR: archive.url },
    cwd: bench.path('recipes'),
  });
const written = (name: string): string => readFileSync(bench.path(`recipes/${name}`), 'utf8');

describe('a composed base', () => {
  test('has one in each form, which say what it was composed of', async () => {
    const lock = ['base', 'lock', 'app.yaml', '--keyring', 'keys.asc', '--platform', `linux/${ARCHITECTURE}`];
    const locked = await bench.need(lock, {
      variables: { DECANT_DEBIAN_MIRROR: archive.url, DECANT_DEBIAN_SECURITY_MIRROR: archive.url },
      cwd: bench.path('recipes'),
    });
    const built = await build('app', '--sbom', 'spdx=app.spdx.json', '--sbom', 'cyclonedx=app.cdx.json');
    expect(built.sboms.map(({ format, mediaType }) => [format, mediaType])).toEqual([
      ['spdx', TYPES[0]],
      ['cyclonedx', TYPES[1]],
    ]);
    const digestOf = (name: string): string =>
      new RegExp(`"name":"${name}".*"digest":"sha256:([0-9a-f]{64})"`).exec(locked.stdout)?.[1] ?? '';

    const spdx = JSON.parse(written('app.spdx.json')) as { packages: Record<string, unknown>[] };
    expect(checkSpdx(spdx)).toEqual([]);
    const tool = spdx.packages.find(({ name }) => name === 'tool');
    expect(tool).toMatchObject({
      versionInfo: '1.0-1',
      licenseDeclared: 'GPL-2.0-or-later',
      checksums: [{ algorithm: 'SHA256', checksumValue: digestOf('tool') }],
      sourceInfo: expect.stringContaining('source package toolbox 1.0'),
    });
    expect(spdx.packages[0]).toMatchObject({ name: 'app', versionInfo: built.digest });

    const cyclonedx = JSON.parse(written('app.cdx.json')) as { components: Record<string, unknown>[] };
    const liba = cyclonedx.components.find(({ name }) => name === 'liba');
    expect(liba).toMatchObject({ version: '1:2.0', hashes: [{ alg: 'SHA-256', content: digestOf('liba') }] });
    const blob = built.sboms[1]?.digest.replace(':', '/') ?? '';
    expect(readFileSync(join(bench.home, 'blobs', blob), 'utf8')).toBe(written('app.cdx.json'));
  });

  test('is the same image with and without, and the same bills under another name', async () => {
    const [first, second] = [await build('app'), await build('other')];
    expect(second).toMatchObject({ digest: first.digest, sboms: first.sboms });
    const plain = createWorkbench();
    try {
      const home = { home: plain.home };
      const without = await bench.json<Built>(
        ['base', 'build', 'app.yaml', '--keyring', 'keys.asc', '--no-sbom'],
        {
          variables: { DECANT_DEBIAN_MIRROR: archive.url, DECANT_DEBIAN_SECURITY_MIRROR: archive.url },
          cwd: bench.path('recipes'),
          ...home,
        },
      );
      expect(without).toMatchObject({ digest: first.digest, sboms: [] });
    } finally {
      plain.remove();
    }
  });

  test('is one image in every list, and its bills go with it', async () => {
    const { sboms } = await build('app');
    await build('other');
    const names = (await bench.need(['images', '--format', 'json'])).stdout;
    expect(names).not.toContain(sboms[0]?.manifest);
    await bench.need(['prune', '--all']);
    const path = join(bench.home, 'blobs', (sboms[0]?.manifest ?? '').replace(':', '/'));
    expect(readFileSync(path, 'utf8')).toContain('application/spdx+json');
    await bench.need(['rmi', 'app', 'other']);
    expect(() => readFileSync(path)).toThrow('ENOENT');
    expect((await bench.decant(['base', 'build', 'static', '--sbom', 'spdx'])).status).toBe(2);
  });
});

interface Pushed {
  readonly referrers: readonly { readonly artifactType: string; readonly action: string }[];
}

describe('a push takes them along', () => {
  test('to a registry that lists referrers', async () => {
    const { digest } = await build('app');
    await using registry = await serveRegistry({ referrers: true });
    const [pushed] = await bench.json<readonly Pushed[]>(['push', 'app', `${registry.host}/app:1`]);
    expect(pushed?.referrers.map(({ action }) => action)).toEqual(['uploaded', 'uploaded']);
    const answer = await fetch(`http://${registry.host}/v2/app/referrers/${digest}`);
    const { manifests } = (await answer.json()) as { manifests: { artifactType: string }[] };
    expect(manifests.map(({ artifactType }) => artifactType).toSorted()).toEqual(TYPES);
  });

  test("to Debian's docker-registry, where skopeo finds them by the tag for it", async () => {
    const { digest } = await build('app');
    const registry = await startRegistry();
    try {
      const said = await bench.need(['push', 'app', `${registry.host}/app:1`]);
      expect(said.stdout).toMatch(/^about it: application\/spdx\+json, uploaded$/m);
      const tag = digest.replace(':', '-');
      const raw = await mustRun([
        'skopeo',
        'inspect',
        '--raw',
        '--tls-verify=false',
        `docker://${registry.host}/app:${tag}`,
      ]);
      const { manifests } = JSON.parse(raw.stdout) as { manifests: { artifactType: string }[] };
      expect(manifests.map(({ artifactType }) => artifactType).toSorted()).toEqual(TYPES);
      const again = await bench.need(['push', 'app', `${registry.host}/app:1`]);
      expect(again.stdout).toMatch(/^about it: application\/spdx\+json, there already$/m);
    } finally {
      await registry.stop();
    }
  });
});
