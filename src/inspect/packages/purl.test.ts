import fc from 'fast-check';
import { PackageURL } from 'packageurl-js';
import { describe, expect, test } from 'vitest';
import type { PackageFinding } from './package.ts';
import { purlOf } from './purl.ts';

const found = (manager: PackageFinding['manager'], name: string, version: string): PackageFinding => ({
  manager,
  name,
  version,
  path: 'x',
});

describe('a package URL', () => {
  test.each<[PackageFinding['manager'], string, string, string]>([
    ['dpkg', 'libc6', '2.41-12+deb13u1', 'pkg:deb/debian/libc6@2.41-12%2Bdeb13u1'],
    ['dpkg', 'zlib1g', '1:1.3~rc1', 'pkg:deb/debian/zlib1g@1:1.3~rc1'],
    ['apk', 'musl', '1.2.5-r0', 'pkg:apk/alpine/musl@1.2.5-r0'],
    ['rpm', 'bash', '1:5.2.26-3.fc40', 'pkg:rpm/redhat/bash@5.2.26-3.fc40?epoch=1'],
    ['npm', '@angular/core', '17.0.0', 'pkg:npm/%40angular/core@17.0.0'],
    ['npm', 'left-pad', '1.3.0', 'pkg:npm/left-pad@1.3.0'],
    ['python', 'Flask_SQLAlchemy', '3.1', 'pkg:pypi/flask-sqlalchemy@3.1'],
    ['go', 'github.com/Azure/go-autorest', 'v1.0.0', 'pkg:golang/github.com/Azure/go-autorest@v1.0.0'],
    ['go', 'example.com/a', '(devel)', 'pkg:golang/example.com/a@%28devel%29'],
    ['go', 'stdlib', '', 'pkg:golang/stdlib'],
    ['cargo', 'serde', '1.0.0+a', 'pkg:cargo/serde@1.0.0%2Ba'],
    ['java', 'org.apache:commons', '1', 'pkg:maven/org.apache/commons@1'],
    ['java', 'app', '', 'pkg:maven/app'],
  ])('of %s: %s %s', (manager, name, version, url) => {
    expect(purlOf(found(manager, name, version), undefined)).toBe(url);
  });

  test('names the distribution and the source package', () => {
    const package_ = { ...found('dpkg', 'libssl3t64', '3.5-1'), architecture: 'arm64' };
    expect(
      purlOf(
        { ...package_, source: { name: 'openssl', version: '3.5-1' } },
        { id: 'debian', versionId: '13' },
      ),
    ).toBe('pkg:deb/debian/libssl3t64@3.5-1?arch=arm64&distro=debian-13&upstream=openssl');
  });

  test('is read back by packageurl-js as what went in', () => {
    const text = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((one) => one.trim() === one && !/[/@]/.test(one));
    fc.assert(
      fc.property(text, text, (name, version) => {
        const read = PackageURL.fromString(purlOf(found('cargo', name, version), undefined));
        expect(read).toMatchObject({ type: 'cargo', name, version });
      }),
    );
  });
});
