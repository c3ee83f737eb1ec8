import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { describe, expect, test } from 'vitest';
import { packagesIn } from '../packages/testing.ts';
import { checkSpdx, checkSpdx3 } from './testing-checks.ts';
import { SBOM_FORMATS, type SbomFormat, sbomDocument, type SbomSubject } from './sbom.ts';

const SUBJECT: SbomSubject = {
  name: 'localhost:5000/team/app:1.0',
  digest: `sha256:${'ab'.repeat(32)}`,
  platform: 'linux/amd64',
  created: '2026-01-02T03:04:05.678Z',
  toolVersion: '0.1.0',
};

const IMAGE = {
  'etc/os-release': 'ID=debian\nVERSION_ID=13\nPRETTY_NAME="Debian 13"\n',
  'var/lib/dpkg/status': `Package: libssl3t64
Status: install ok installed
Maintainer: Debian OpenSSL Team <team@x.org>
Architecture: amd64
Source: openssl
Version: 3.5.1-1+deb13u1
Homepage: https://www.openssl.org/

Package: python3-six
Version: 1.16.0-4
Maintainer: A Person <a@x.org>
Homepage: not an address
`,
  'usr/share/doc/libssl3t64/copyright':
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: Apache-2.0 or GPL-2+\n\nFiles: x\nLicense: own thing\n',
  'var/lib/dpkg/info/python3-six.list': '/usr/lib/python3/dist-packages/six.egg-info\n',
  'usr/lib/python3/dist-packages/six.egg-info': 'Name: six\nVersion: 1.16.0\nLicense: MIT\n',
  'app/node_modules/@a/b/package.json': '{"name":"@a/b","version":"2.0.0","license":"MIT"}',
  'app/node_modules/c/package.json': '{"name":"c","version":"2.0.0","license":"(MIT OR Apache-2.0)"}',
  'app/node_modules/c/node_modules/c/package.json': '{"name":"c","version":"2.0.0"}',
};

const documentOf = async (format: SbomFormat, subject: SbomSubject = SUBJECT): Promise<string> =>
  sbomDocument(format, subject, await packagesIn(IMAGE));

describe('a bill of materials', () => {
  test.each(SBOM_FORMATS)('is the same for the same image: %s', async (format) => {
    expect(await documentOf(format)).toBe(await documentOf(format));
  });

  test.each(SBOM_FORMATS)('of another image has another identity: %s', async (format) => {
    const identity = (text: string): string | undefined => /urn:uuid:[0-9a-f-]{36}/.exec(text)?.[0];
    const other = { ...SUBJECT, digest: `sha256:${'cd'.repeat(32)}` };
    expect(identity(await documentOf(format))).toBeDefined();
    expect(identity(await documentOf(format))).not.toBe(identity(await documentOf(format, other)));
  });

  test.each(SBOM_FORMATS)('has the time of the image, else of the epoch: %s', async (format) => {
    expect(await documentOf(format)).toMatch(/"2026-01-02T03:04:05(?:\.000)?Z"/);
    const { created: _, ...timeless } = SUBJECT;
    expect(await documentOf(format, timeless)).toMatch(/"1970-01-01T00:00:00(?:\.000)?Z"/);
  });

  test.each(SBOM_FORMATS)('of an image with nothing in it is one too: %s', async (format) => {
    const text = await sbomDocument(format, SUBJECT, await packagesIn({ x: '' }));
    const problems = { 'spdx-json': checkSpdx, 'spdx3-json': checkSpdx3, 'cyclonedx-json': checkCyclonedx }[
      format
    ];
    expect(problems(JSON.parse(text))).toEqual([]);
  });
});

describe('as SPDX 2.3', () => {
  test('is what the specification asks for', async () => {
    expect(checkSpdx(JSON.parse(await documentOf('spdx-json')))).toEqual([]);
  });

  test('says of each package what is recorded', async () => {
    const { packages, hasExtractedLicensingInfos, relationships } = JSON.parse(await documentOf('spdx-json'));
    expect(packages.map((one: { SPDXID: string }) => one.SPDXID)).toEqual([
      'SPDXRef-Image',
      'SPDXRef-OperatingSystem',
      'SPDXRef-Package-dpkg-libssl3t64-3.5.1-1-deb13u1',
      'SPDXRef-Package-dpkg-python3-six-1.16.0-4',
      'SPDXRef-Package-npm--a-b-2.0.0',
      'SPDXRef-Package-npm-c-2.0.0',
      'SPDXRef-Package-npm-c-2.0.0-2',
      'SPDXRef-Package-python-six-1.16.0',
    ]);
    expect(packages[2]).toEqual({
      SPDXID: 'SPDXRef-Package-dpkg-libssl3t64-3.5.1-1-deb13u1',
      name: 'libssl3t64',
      versionInfo: '3.5.1-1+deb13u1',
      supplier: 'Organization: Debian OpenSSL Team (team@x.org)',
      downloadLocation: 'NOASSERTION',
      filesAnalyzed: false,
      homepage: 'https://www.openssl.org/',
      sourceInfo: 'recorded in /var/lib/dpkg/status; built from the source package openssl 3.5.1-1+deb13u1',
      licenseConcluded: 'NOASSERTION',
      licenseDeclared: '(Apache-2.0 OR GPL-2.0-or-later) AND LicenseRef-own-thing-beb748d1',
      copyrightText: 'NOASSERTION',
      externalRefs: [
        {
          referenceCategory: 'PACKAGE-MANAGER',
          referenceType: 'purl',
          referenceLocator:
            'pkg:deb/debian/libssl3t64@3.5.1-1%2Bdeb13u1?arch=amd64&distro=debian-13&upstream=openssl',
        },
      ],
    });
    expect(packages[0].externalRefs[0].referenceLocator).toBe(
      `pkg:oci/app@sha256:${'ab'.repeat(32)}?arch=amd64&repository_url=localhost:5000%2Fteam%2Fapp&tag=1.0`,
    );
    expect(hasExtractedLicensingInfos).toHaveLength(1);
    expect(relationships).toContainEqual({
      spdxElementId: 'SPDXRef-Package-dpkg-python3-six-1.16.0-4',
      relationshipType: 'CONTAINS',
      relatedSpdxElement: 'SPDXRef-Package-python-six-1.16.0',
    });
  });
});

describe('as SPDX 3', () => {
  test('is what the specification asks for', async () => {
    expect(checkSpdx3(JSON.parse(await documentOf('spdx3-json')))).toEqual([]);
  });
});

describe('as CycloneDX 1.6', () => {
  test("is valid by CycloneDX's own schema", async () => {
    expect(checkCyclonedx(JSON.parse(await documentOf('cyclonedx-json')))).toEqual([]);
  });

  test('says of each package what is recorded', async () => {
    const { components, metadata, dependencies } = JSON.parse(await documentOf('cyclonedx-json'));
    const names = components.map((one: { group?: string; name: string }) => `${one.group ?? ''}/${one.name}`);
    expect(names.toSorted()).toEqual(['/c', '/c', '/debian', '/libssl3t64', '/python3-six', '@a/b']);
    const six = components.find((one: { name: string }) => one.name === 'python3-six');
    expect(six.components).toMatchObject([{ name: 'six', purl: 'pkg:pypi/six@1.16.0' }]);
    expect(metadata.component).toMatchObject({ type: 'container', name: SUBJECT.name });
    expect(dependencies.find((one: { ref: string }) => one.ref === 'image').dependsOn).toHaveLength(6);
  });
});

let schema: ValidateFunction | undefined;

function checkCyclonedx(document: unknown): readonly string[] {
  schema ??= cyclonedxSchema();
  return schema(document)
    ? []
    : (schema.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

function cyclonedxSchema(): ValidateFunction {
  const read = (name: string): object =>
    JSON.parse(
      readFileSync(
        new URL(
          `../../../node_modules/@cyclonedx/cyclonedx-library/res/schema/${name}.SNAPSHOT.schema.json`,
          import.meta.url,
        ),
        'utf8',
      ),
    ) as object;
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema(read('spdx'), 'http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json');
  ajv.addSchema(read('jsf-0.82'), 'http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json');
  return ajv.compile(read('bom-1.6'));
}
