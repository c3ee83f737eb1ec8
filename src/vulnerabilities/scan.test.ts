import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { zipFile } from '../codec/testing-zip.ts';
import type { Package, PackageList } from '../inspect/packages/package.ts';
import { advisoryChanges } from './closed.ts';
import { leaveOut } from './report.ts';
import { type Finding, scanPackages } from './scan.ts';
import { fixture, testDatabase, type TestDatabase } from './testing.ts';
import { readVex } from './vex/vex.ts';

let database: TestDatabase | undefined;
afterEach(() => database?.remove());

const deb = (name: string, version: string, source = name): Package => ({
  manager: 'dpkg',
  name,
  version,
  source: { name: source, version },
  licenses: [],
  purl: `pkg:deb/debian/${name}@${version}?arch=amd64`,
  path: 'var/lib/dpkg/status',
});
const npm = (version: string): Package => ({
  manager: 'npm',
  name: 'left-pad',
  version,
  licenses: [],
  purl: `pkg:npm/left-pad@${version}`,
  path: 'app/node_modules/left-pad/package.json',
});
const on = (versionId: string, ...packages: readonly Package[]): PackageList => ({
  distribution: { id: 'debian', versionId },
  packages,
  warnings: [],
});

async function found(list: PackageList, ...fixtures: readonly string[]): Promise<readonly Finding[]> {
  database ??= await testDatabase(...fixtures);
  const opened = database.open();
  try {
    return scanPackages(list, opened).findings;
  } finally {
    opened.close();
    await database.remove();
    database = undefined;
  }
}

const lines = (findings: readonly Finding[]): readonly string[] =>
  findings.map(({ id, severity, name, version, fixed = '-', packages }) => {
    return `${id} ${severity} ${name} ${version} ${fixed} [${packages.map((one) => one.name).join(' ')}]`;
  });

const OLD = '3.5.4-1~deb13u1';

describe('packages of Debian', () => {
  test('are matched by their source package, with the advisories of OSV', async () => {
    const list = on(
      '13',
      deb('libssl3t64', OLD, 'openssl'),
      deb('openssl', OLD),
      deb('zlib1g', '1:1.3', 'zlib'),
    );
    const findings = await found(list, 'debian-osv.json');
    expect(lines(findings)).toEqual([
      `CVE-2099-0001 critical openssl ${OLD} 3.5.9-1~deb13u1 [libssl3t64 openssl]`,
      'CVE-2099-0003 negligible zlib 1:1.3 - [zlib1g]',
      `CVE-2099-0002 unknown openssl ${OLD} 3.5.9-1~deb13u1 [libssl3t64 openssl]`,
    ]);
    expect(findings[0]).toMatchObject({ score: 9.8, advisories: ['DEBIAN-CVE-2099-0001', 'DSA-9901-1'] });
  });

  test('are matched with those of its security tracker', async () => {
    const list = on('13', deb('openssl', OLD), deb('zlib1g', '1:1.3', 'zlib'));
    const findings = await found(list, 'debian-tracker.json');
    expect(lines(findings)).toEqual([
      `CVE-2099-0001 high openssl ${OLD} 3.5.9-1~deb13u1 [openssl]`,
      'CVE-2099-0003 low zlib 1:1.3 - [zlib1g]',
    ]);
    expect(findings[1]).toMatchObject({ note: 'postponed' });
  });

  test('have one finding for what two sources say', async () => {
    const list = on('13', deb('openssl', OLD));
    const findings = await found(list, 'debian-osv.json', 'debian-tracker.json');
    expect(lines(findings)).toEqual([
      `CVE-2099-0001 critical openssl ${OLD} 3.5.9-1~deb13u1 [openssl]`,
      `CVE-2099-0002 unknown openssl ${OLD} 3.5.9-1~deb13u1 [openssl]`,
    ]);
    expect(findings[0]?.advisories).toEqual(['CVE-2099-0001', 'DEBIAN-CVE-2099-0001', 'DSA-9901-1']);
  });

  test.each([
    ['13', '3.5.9-1~deb13u1'],
    ['12', '3.0.20-1~deb12u1'],
    ['11', '1.1.1w-0+deb11u1'],
    ['14', OLD],
  ])('of %s in version %s are not affected', async (release, version) => {
    const list = on(release, deb('openssl', version));
    expect(await found(list, 'debian-osv.json', 'debian-tracker.json')).toEqual([]);
  });
});

describe('packages of languages', () => {
  test.each([
    ['1.0.0', '1.1.4'],
    ['1.1.3', '1.1.4'],
    ['1.2.0', '-'],
    ['1.3.0', '-'],
  ])('left-pad %s is affected, mended in %s', async (version, fixed) => {
    expect(lines(await found(on('13', npm(version)), 'GHSA-test-left-pad.json'))).toEqual([
      `CVE-2099-0010 medium left-pad ${version} ${fixed} [left-pad]`,
    ]);
  });

  test.each(['0.9.0', '1.1.4', '1.3.1'])('left-pad %s is not', async (version) => {
    expect(await found(on('13', npm(version)), 'GHSA-test-left-pad.json')).toEqual([]);
  });

  test('are not matched where a distribution brought them, unless that is wished', async () => {
    const part: Package = { ...npm('1.0.0'), partOf: 'pkg:deb/debian/node-left-pad@1.0.0-1' };
    database = await testDatabase('GHSA-test-left-pad.json');
    const opened = database.open();
    expect(scanPackages(on('13', part), opened)).toMatchObject({ findings: [], matched: 0 });
    expect(scanPackages(on('13', part), opened, { parts: true }).findings).toHaveLength(1);
    opened.close();
  });
});

describe('a source', () => {
  test('may be a zip of records, and compressed', async () => {
    database = await testDatabase();
    const zip = zipFile({ 'GHSA-1.json': fixture('GHSA-test-left-pad.json'), 'notes.txt': 'x' });
    expect(await database.take(zip, 'https/npm/all.zip')).toMatchObject({
      name: 'npm',
      kind: 'osv',
      advisories: 1,
    });
    expect(await database.take(gzipSync(fixture('debian-osv.json')), 'debian-osv.json.gz')).toMatchObject({
      name: 'debian-osv',
      packages: 3,
      advisories: 4,
    });
  });

  test('that is imported again takes the place of the old', async () => {
    database = await testDatabase('GHSA-test-left-pad.json');
    const renamed = fixture('GHSA-test-left-pad.json').toString().replaceAll('left-pad', 'right-pad');
    await database.take(Buffer.from(renamed), 'GHSA-test-left-pad.json');
    const opened = database.open();
    expect(opened.sources).toHaveLength(1);
    expect(opened.advisories('npm', 'left-pad')).toEqual([]);
    expect(opened.advisories('npm', 'right-pad')).toHaveLength(1);
    expect([opened.covers('npm'), opened.covers('np'), opened.covers('PyPI')]).toEqual([true, false, false]);
    opened.close();
  });

  test.each(['{"id":1}', '[1]', 'no json', '{}', '[{"id":"A"}]'])('is not %s', async (text) => {
    database = await testDatabase();
    await expect(database.take(Buffer.from(text), 'x.json')).rejects.toMatchObject({
      code: 'ADVISORIES_INVALID',
    });
  });

  test('finds every package of many', async () => {
    database = await testDatabase();
    const records = Array.from({ length: 500 }, (_, index) => ({
      id: `A-${index}`,
      affected: [{ package: { ecosystem: 'npm', name: `p${index}` }, versions: ['1'] }],
    }));
    await database.take(Buffer.from(JSON.stringify(records)), 'many.json');
    const opened = database.open();
    for (let index = 0; index < 500; index++)
      expect(opened.advisories('npm', `p${index}`)).toMatchObject([{ id: `A-${index}` }]);
    expect(opened.advisories('npm', 'p')).toEqual([]);
    expect(opened.advisories('npm', 'zzz')).toEqual([]);
    opened.close();
  });

  test('that nobody has is told of by ecosystem', async () => {
    database = await testDatabase('GHSA-test-left-pad.json');
    const opened = database.open();
    expect(scanPackages(on('13', deb('openssl', OLD), npm('1.0.0')), opened).uncovered).toEqual([
      'Debian:13',
    ]);
    opened.close();
  });
});

describe('an update', () => {
  test('closes what the old list has and the new one has not', async () => {
    database = await testDatabase('debian-tracker.json', 'GHSA-test-left-pad.json');
    const opened = database.open();
    const before = on('13', deb('openssl', OLD), deb('zlib1g', '1:1.3', 'zlib'));
    const after = on('13', deb('openssl', '3.5.9-1~deb13u1'), deb('zlib1g', '1:1.3.1', 'zlib'), npm('1.3.0'));
    const { closed, opened: new_, remaining } = advisoryChanges(before, after, opened);
    opened.close();
    expect([closed, new_, remaining].map((all) => all.map(({ id }) => id))).toEqual([
      ['CVE-2099-0001'],
      ['CVE-2099-0010'],
      ['CVE-2099-0003'],
    ]);
  });
});

describe('left out', () => {
  const finding: Finding = {
    id: 'CVE-2099-0001',
    advisories: ['DSA-9901-1'],
    severity: 'high',
    name: 'openssl',
    version: OLD,
    packages: [deb('openssl', OLD), deb('libssl3t64', OLD, 'openssl')],
    fixed: '4',
  };
  const image = ['pkg:oci/app@sha256:ab?arch=amd64&repository_url=x%2Fapp&tag=1'];
  const openVex = (products: readonly unknown[], rest: object = {}): string =>
    JSON.stringify({
      '@context': 'https://openvex.dev/ns/v0.2.0',
      statements: [
        {
          vulnerability: { name: 'CVE-2099-0001' },
          products,
          status: 'not_affected',
          justification: 'vulnerable_code_not_in_execute_path',
          ...rest,
        },
      ],
    });
  const left = (document: string) =>
    leaveOut([finding], { statements: readVex(document, 'vex.json'), image, unfixed: false });

  test.each<[string, readonly unknown[], object]>([
    ['of the image', [{ '@id': 'pkg:oci/app' }], {}],
    ['of this image', [{ '@id': 'pkg:oci/app@sha256%3Aab?repository_url=x%2Fapp' }], {}],
    ['of both packages', [{ '@id': 'pkg:deb/debian/openssl' }, { '@id': 'pkg:deb/debian/libssl3t64' }], {}],
    [
      'of parts of the image',
      [
        {
          '@id': 'pkg:oci/app',
          subcomponents: [{ '@id': 'pkg:deb/debian/openssl' }, { '@id': 'pkg:deb/debian/libssl3t64' }],
        },
      ],
      {},
    ],
    [
      'under another name',
      [{ '@id': 'pkg:oci/app' }],
      { vulnerability: { name: 'X', aliases: ['dsa-9901-1'] } },
    ],
    ['that is mended', [{ '@id': 'pkg:oci/app' }], { status: 'fixed' }],
  ])('by OpenVEX: a statement %s', (_, products, rest) => {
    const { findings, ignored } = left(openVex(products, rest));
    expect(findings).toEqual([]);
    expect(ignored).toHaveLength(1);
  });

  test.each<[string, readonly unknown[], object]>([
    ['of another image', [{ '@id': 'pkg:oci/other' }], {}],
    ['of another version', [{ '@id': 'pkg:oci/app@sha256%3Acd' }], {}],
    ['of one of the packages only', [{ '@id': 'pkg:deb/debian/openssl' }], {}],
    ['of another part', [{ '@id': 'pkg:oci/app', subcomponents: [{ '@id': 'pkg:deb/debian/zlib1g' }] }], {}],
    ['of something else', [{ '@id': 'pkg:oci/app' }], { vulnerability: { name: 'CVE-2099-9999' } }],
    ['that it is affected', [{ '@id': 'pkg:oci/app' }], { status: 'affected' }],
  ])('is nothing by a statement %s', (_, products, rest) => {
    expect(left(openVex(products, rest)).findings).toEqual([finding]);
  });

  test('by CycloneDX, with references into a bill of materials', () => {
    const document = {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      components: [
        { 'bom-ref': 'a', purl: 'pkg:deb/debian/openssl' },
        { 'bom-ref': 'b', purl: 'pkg:deb/debian/libssl3t64' },
      ],
      vulnerabilities: [
        {
          id: 'CVE-2099-0001',
          analysis: { state: 'not_affected', justification: 'code_not_reachable' },
          affects: [{ ref: 'a' }, { ref: 'urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#b' }],
        },
      ],
    };
    expect(left(JSON.stringify(document)).ignored).toMatchObject([
      { status: 'not_affected', reason: 'code_not_reachable' },
    ]);
  });

  test('by CSAF, with products of a tree', () => {
    const product = (number: string, purl: string): object => ({
      product: { product_id: number, name: number, product_identification_helper: { purl } },
    });
    const document = {
      document: { csaf_version: '2.0', category: 'csaf_vex' },
      product_tree: {
        branches: [
          { branches: [product('1', 'pkg:deb/debian/openssl'), product('2', 'pkg:deb/debian/libssl3t64')] },
        ],
      },
      vulnerabilities: [
        {
          cve: 'CVE-2099-0001',
          product_status: { known_not_affected: ['1', '2'] },
          flags: [{ label: 'component_not_present', product_ids: ['1', '2'] }],
        },
      ],
    };
    expect(left(JSON.stringify(document)).ignored).toMatchObject([{ reason: 'component_not_present' }]);
  });

  test('where nothing mends it, if that is wished', () => {
    const { fixed: _, ...open } = finding;
    const options = { statements: [], image, unfixed: true };
    expect(leaveOut([finding, { ...open, note: 'postponed' }], options)).toMatchObject({
      findings: [{ fixed: '4' }],
      ignored: [{ status: 'unfixed', reason: 'postponed' }],
    });
  });

  test.each(['no json', '[]', '{"@context":"https://openvex.dev/ns"}'])('is no document: %s', (text) => {
    expect(() => readVex(text, 'vex.json')).toThrow('vex.json is no VEX document');
  });
});
