/** Packages of images: what is listed, in which forms, and from wherever the image is. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkSpdx, checkSpdx3 } from '../../src/inspect/sbom/testing-checks.ts';
import { mustRun } from '../support/process.ts';
import { createWorkbench, ROOT, type Workbench } from '../support/workbench.ts';

interface Listed {
  readonly distribution: { readonly id: string };
  readonly packages: readonly {
    readonly manager: string;
    readonly name: string;
    readonly version: string;
    readonly partOf?: string;
    readonly files?: readonly string[];
  }[];
  readonly warnings: readonly string[];
}

let bench: Workbench;
beforeAll(async () => {
  bench = createWorkbench();
  const context = bench.files({
    Dockerfile: 'FROM scratch\nCOPY root /\nCOPY gone /srv/node_modules/gone/\n',
    'root/etc/os-release': 'ID=debian\nVERSION_ID="13"\n',
    'root/var/lib/dpkg/status.d/tzdata': 'Package: tzdata\nVersion: 2025b-4\nArchitecture: all\n',
    'root/var/lib/dpkg/status.d/tzdata.md5sums': `${'0'.repeat(32)}  usr/share/zoneinfo/UTC\n`,
    'root/usr/share/zoneinfo/UTC': 'TZif2',
    'root/app/node_modules/left-pad/package.json': '{"name":"left-pad","version":"1.3.0","license":"WTFPL"}',
    'gone/package.json': '{"name":"gone","version":"9.9.9"}',
  });
  await bench.need(['build', '-t', 'app:1', context]);
});
afterAll(() => bench.remove());

describe('decant sbom', () => {
  test('lists the packages of an image', async () => {
    const { packages, distribution, warnings } = await bench.json<Listed>(['sbom', 'app:1']);
    expect(packages.map(({ manager, name, version }) => `${manager} ${name} ${version}`)).toEqual([
      'dpkg tzdata 2025b-4',
      'npm gone 9.9.9',
      'npm left-pad 1.3.0',
    ]);
    expect(packages[0]?.files).toEqual(['/usr/share/zoneinfo/UTC']);
    expect(distribution.id).toBe('debian');
    expect(warnings).toEqual([]);
    const { stdout } = await bench.need(['sbom', 'app:1']);
    expect(stdout).toContain('left-pad');
    expect(stdout).toContain('3 packages on debian: 1 dpkg, 2 npm');
  });

  test('gives the same document again, from an archive as from the store', async () => {
    await bench.need(['save', '--type', 'oci-archive', '-o', 'app.tar', 'app:1']);
    const inStore = await bench.need(['sbom', 'app:1', '--format', 'cyclonedx-json']);
    const again = await bench.need(['sbom', 'app:1', '--format', 'cyclonedx-json']);
    expect(again.stdout).toBe(inStore.stdout);
    const inArchive = await bench.need(['sbom', 'oci-archive:app.tar:app:1', '--format', 'json']);
    expect(inArchive.stdout).toBe((await bench.need(['sbom', 'app:1', '--format', 'json'])).stdout);
  });

  test('writes documents that are as their specifications want them', async () => {
    await bench.need(['sbom', 'app:1', '--format', 'spdx-json', '-o', 'app.spdx.json']);
    expect(checkSpdx(JSON.parse(readFileSync(bench.path('app.spdx.json'), 'utf8')))).toEqual([]);
    const spdx3 = await bench.need(['sbom', 'app:1', '--format', 'spdx3-json']);
    expect(checkSpdx3(JSON.parse(spdx3.stdout))).toEqual([]);
    const cyclonedx = JSON.parse((await bench.need(['sbom', 'app:1', '--format', 'cyclonedx-json'])).stdout);
    expect(cyclonedx).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  });

  test('names the image by its digest', async () => {
    const { stdout } = await bench.need(['sbom', 'app:1', '--format', 'spdx-json']);
    const { packages } = JSON.parse(stdout) as { packages: readonly { readonly versionInfo: string }[] };
    const [{ digest }] = await bench.json<[{ digest: string }]>(['inspect', 'app:1']);
    expect(packages[0]?.versionInfo).toBe(digest);
  });

  test('finds what a real program of Go was linked with', async () => {
    const skopeo = (await mustRun(['sh', '-c', 'command -v skopeo'])).stdout.trim();
    const context = bench.files({
      Dockerfile: 'FROM scratch\nCOPY skopeo /\n',
      skopeo: { text: readFileSync(skopeo), mode: 0o755 },
    });
    await bench.need(['build', '-t', 'skopeo', context]);
    const { packages } = await bench.json<Listed>(['sbom', 'skopeo']);
    const { stdout } = await mustRun(['readelf', '-p', '.go.buildinfo', skopeo]);
    const version = /go(1\.[\d.]+)/.exec(stdout)?.[1] ?? '';
    expect(packages.find(({ name }) => name === 'stdlib')?.version).toBe(version);
  });

  test('lists the packages of a root file system in a folder, whichever database RPM has', async () => {
    const database = (name: string): Uint8Array =>
      gunzipSync(readFileSync(join(ROOT, `test/fixtures/rpm/${name}.gz`)));
    const root = bench.files({
      'etc/os-release': 'ID=centos\nVERSION_ID=7\n',
      'var/lib/rpm/Packages': { text: database('Packages-4k-little-endian') },
      'usr/lib/sysimage/rpm/Packages.db': { text: database('Packages.db') },
      'usr/share/hello/hello.txt': 'hello',
    });
    const { packages, warnings } = await bench.json<Listed>(['sbom', `dir:${root}`]);
    expect(warnings).toEqual([]);
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual([
      'hello-sample 2:1.2~rc1-3.test',
      'hello-sample 2:1.2~rc1-3.test',
      'tiny 1-1',
      'tiny 1-1',
    ]);
    expect(packages[0]?.files).toEqual(['/usr/share/hello/hello.txt']);
    const counted = await bench.json<{ readonly records: { readonly packages: unknown } }>([
      'audit',
      `dir:${root}`,
    ]);
    expect(counted.records.packages).toEqual({ rpm: 4 });
  });

  test('is an error for what is no image', async () => {
    const { status, stderr } = await bench.decant(['sbom', 'sha256:0123456789ab']);
    expect(status).toBe(1);
    expect(stderr).toContain('IMAGE_UNKNOWN');
  });
});

const FIXTURES = join(ROOT, 'test/fixtures/advisories');

interface Scanned {
  readonly findings: readonly { readonly id: string; readonly fixed: string | null }[];
  readonly ignored: readonly { readonly id: string; readonly status: string }[];
  readonly uncovered: readonly string[];
}

describe('decant scan', () => {
  test('asks for advisories where there are none', async () => {
    const { status, stderr } = await bench.decant(['scan', 'app:1']);
    expect(status).toBe(1);
    expect(stderr).toContain('ADVISORIES_MISSING');
  });

  test('matches packages with what was imported, and ends as it is told to', async () => {
    const { stdout } = await bench.need(['db', 'import', join(FIXTURES, 'GHSA-test-left-pad.json')]);
    expect(stdout).toBe('ghsa-test-left-pad: 1 advisory for 1 package\n');
    const scan = await bench.need(['scan', 'app:1']);
    expect(scan.stdout).toMatch(/^medium +CVE-2099-0010 +left-pad +1\.3\.0 +- /m);
    expect(scan.stdout).toContain('app:1: 1 vulnerability (1 medium) in 3 packages');
    expect(scan.stderr).toContain('no source has advisories for Debian:13');
    expect((await bench.decant(['scan', 'app:1', '--fail-on', 'medium'])).status).toBe(1);
    expect((await bench.decant(['scan', 'app:1', '--fail-on', 'high'])).status).toBe(0);
    expect((await bench.decant(['scan', 'app:1', '--fail-on', 'low', '--ignore-unfixed'])).status).toBe(0);
  });

  test('leaves out what a document says is no matter', async () => {
    const vex = bench.files({
      'app.openvex.json': JSON.stringify({
        '@context': 'https://openvex.dev/ns/v0.2.0',
        statements: [
          {
            vulnerability: { name: 'CVE-2099-0010' },
            products: [{ '@id': 'pkg:oci/app', subcomponents: [{ '@id': 'pkg:npm/left-pad' }] }],
            status: 'not_affected',
            justification: 'vulnerable_code_not_present',
          },
        ],
      }),
    });
    const { findings, ignored } = await bench.json<Scanned>([
      'scan',
      'app:1',
      '--vex',
      join(vex, 'app.openvex.json'),
      '--fail-on',
      'low',
    ]);
    expect(findings).toEqual([]);
    expect(ignored).toMatchObject([{ id: 'CVE-2099-0010', status: 'not_affected' }]);
  });

  test('answers in SARIF', async () => {
    const { stdout } = await bench.need(['scan', 'app:1', '--format', 'sarif']);
    expect(JSON.parse(stdout)).toMatchObject({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { rules: [{ id: 'CVE-2099-0010', properties: { 'security-severity': '5.3' } }] } },
          results: [{ ruleId: 'CVE-2099-0010', level: 'warning' }],
        },
      ],
    });
  });

  test('fetches advisories only when asked, and only what is new', async () => {
    const asked: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers['if-none-match']);
      const isKnown = request.headers['if-none-match'] === '"1"';
      response.writeHead(isKnown ? 304 : 200, { etag: '"1"' });
      response.end(isKnown ? undefined : readFileSync(join(FIXTURES, 'debian-tracker.json')));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      await bench.need(['db', 'update', `http://127.0.0.1:${port}/tracker/data/json`]);
      const again = await bench.need(['db', 'update']);
      expect(again.stderr).toContain('debian-tracker: nothing new');
      expect(asked).toEqual([undefined, '"1"']);
    } finally {
      server.close();
    }
    const sources = await bench.json<readonly { readonly name: string }[]>(['db', 'ls']);
    expect(sources.map(({ name }) => name)).toEqual(['debian-tracker', 'ghsa-test-left-pad']);
    expect((await bench.json<Scanned>(['scan', 'app:1'])).uncovered).toEqual([]);
    await bench.need(['db', 'rm', 'debian-tracker']);
    expect((await bench.decant(['db', 'rm', 'debian-tracker'])).status).toBe(1);
  });

  test('refuses what are no advisories', async () => {
    const file = bench.files({ 'x.json': '{}' });
    const { status, stderr } = await bench.decant(['db', 'import', join(file, 'x.json')]);
    expect(status).toBe(1);
    expect(stderr).toContain('ADVISORIES_INVALID');
  });
});
