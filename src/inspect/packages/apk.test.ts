import { describe, expect, test } from 'vitest';
import { packagesIn } from './testing.ts';

const INSTALLED = `C:Q1abcdefghijklmnopqrstuvwxyz0=
P:libcrypto3
V:3.3.2-r0
A:x86_64
S:1000
I:2000
T:Crypto library from openssl
U:https://www.openssl.org/
L:Apache-2.0
o:openssl
m:Ariadne Conill <ariadne@dereferenced.org>
t:1725375459
c:5ff3a9ee5d1a2f0e
D:so:libc.musl-x86_64.so.1
F:etc
F:etc/ssl
R:openssl.cnf
Z:Q1xxx
F:usr
F:usr/lib
R:libcrypto.so.3
a:0:0:755
Z:Q1yyy

C:Q1bbb
P:musl
V:1.2.5-r0
A:x86_64
L:MIT
o:musl
F:lib
R:ld-musl-x86_64.so.1

`;

describe('packages of apk', () => {
  test('are those of its database, with their origins and files', async () => {
    const { packages, warnings } = await packagesIn({
      'etc/os-release': 'ID=alpine\nVERSION_ID=3.20.3\n',
      'lib/apk/db/installed': INSTALLED,
      'etc/ssl/openssl.cnf': 'x',
      'usr/lib/libcrypto.so.3': 'x',
    });
    expect(warnings).toEqual([]);
    expect(packages).toEqual([
      {
        manager: 'apk',
        name: 'libcrypto3',
        version: '3.3.2-r0',
        architecture: 'x86_64',
        source: { name: 'openssl', version: '3.3.2-r0' },
        licenses: ['Apache-2.0'],
        supplier: 'Ariadne Conill <ariadne@dereferenced.org>',
        homepage: 'https://www.openssl.org/',
        path: 'lib/apk/db/installed',
        files: ['etc/ssl/openssl.cnf', 'usr/lib/libcrypto.so.3'],
        purl: 'pkg:apk/alpine/libcrypto3@3.3.2-r0?arch=x86_64&distro=alpine-3.20.3&upstream=openssl',
      },
      expect.objectContaining({ name: 'musl', files: [] }),
    ]);
  });

  test('are counted once where the database is a link', async () => {
    const { packages } = await packagesIn({
      lib: '-> usr/lib',
      'usr/lib/apk/db/installed': INSTALLED,
    });
    expect(packages.map(({ name, path }) => `${name} ${path}`)).toEqual([
      'libcrypto3 usr/lib/apk/db/installed',
      'musl usr/lib/apk/db/installed',
    ]);
  });

  test('without a name or a version are told of', async () => {
    const { packages, warnings } = await packagesIn({ 'lib/apk/db/installed': 'P:a\n\nP:b\nV:1\n' });
    expect(packages).toMatchObject([{ name: 'b', version: '1' }]);
    expect(warnings).toEqual(['lib/apk/db/installed: a package has no name or no version']);
  });
});
