import { describe, expect, test } from 'vitest';
import { packagesIn } from './testing.ts';

const BASH = `Package: bash
Essential: yes
Status: install ok installed
Priority: required
Maintainer: Matthias Klose <doko@debian.org>
Architecture: amd64
Multi-Arch: foreign
Version: 5.2.37-2+b5
Source: bash (5.2.37-2)
Homepage: http://tiswww.case.edu/php/chet/bash/bashtop.html
Conffiles:
 /etc/bash.bashrc 89269e1298235f1b12b4c16e4065ad0d
Description: GNU Bourne Again SHell
 Bash is an sh-compatible command language interpreter
`;
const ZLIB = `Package: zlib1g
Status: install ok installed
Architecture: amd64
Multi-Arch: same
Source: zlib
Version: 1:1.3.dfsg+really1.3.1-1+b1
Description: compression library - runtime
`;
const OS_RELEASE =
  'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n';

describe('packages of dpkg', () => {
  test('are those of the status file, with their sources and files', async () => {
    const { packages, distribution, warnings } = await packagesIn({
      'etc/os-release': '-> ../usr/lib/os-release',
      'usr/lib/os-release': OS_RELEASE,
      'var/lib/dpkg/status': `${BASH}\n${ZLIB}\n`,
      'var/lib/dpkg/info/bash.list': '/.\n/bin\n/bin/bash\n/etc/bash.bashrc\n/usr/share/doc/bash/gone\n',
      'var/lib/dpkg/info/zlib1g:amd64.list': '/usr/lib/x/libz.so.1\n',
      bin: '-> usr/bin',
      'usr/bin/bash*': 'x',
      'etc/bash.bashrc': 'x',
      'usr/lib/x/libz.so.1': 'x',
    });
    expect(distribution).toEqual({
      id: 'debian',
      versionId: '13',
      codename: 'trixie',
      name: 'Debian GNU/Linux 13 (trixie)',
    });
    expect(packages).toEqual([
      {
        manager: 'dpkg',
        name: 'bash',
        version: '5.2.37-2+b5',
        architecture: 'amd64',
        source: { name: 'bash', version: '5.2.37-2' },
        supplier: 'Matthias Klose <doko@debian.org>',
        homepage: 'http://tiswww.case.edu/php/chet/bash/bashtop.html',
        path: 'var/lib/dpkg/status',
        files: ['etc/bash.bashrc', 'usr/bin/bash'],
        licenses: [],
        purl: 'pkg:deb/debian/bash@5.2.37-2%2Bb5?arch=amd64&distro=debian-13&upstream=bash%405.2.37-2',
      },
      {
        manager: 'dpkg',
        name: 'zlib1g',
        version: '1:1.3.dfsg+really1.3.1-1+b1',
        architecture: 'amd64',
        source: { name: 'zlib', version: '1:1.3.dfsg+really1.3.1-1+b1' },
        path: 'var/lib/dpkg/status',
        files: ['usr/lib/x/libz.so.1'],
        licenses: [],
        purl: 'pkg:deb/debian/zlib1g@1:1.3.dfsg%2Breally1.3.1-1%2Bb1?arch=amd64&distro=debian-13&upstream=zlib',
      },
    ]);
    expect(warnings).toEqual([]);
  });

  test('are those of status.d, where distroless images keep them', async () => {
    const { packages } = await packagesIn({
      'var/lib/dpkg/status.d/zlib1g': ZLIB.replace(/^Status.*\n/m, ''),
      'var/lib/dpkg/status.d/zlib1g.md5sums': `${'0'.repeat(32)}  usr/lib/x/libz.so.1\n`,
      'usr/lib/x/libz.so.1': 'x',
    });
    expect(packages).toMatchObject([
      { name: 'zlib1g', path: 'var/lib/dpkg/status.d/zlib1g', files: ['usr/lib/x/libz.so.1'] },
    ]);
  });

  test.each(['deinstall ok config-files', 'purge ok not-installed'])(
    'are not those that are gone: %s',
    async (state) => {
      const status = BASH.replace('install ok installed', state);
      const { packages } = await packagesIn({ 'var/lib/dpkg/status': status });
      expect(packages).toEqual([]);
    },
  );

  test('have the licences of a machine-readable copyright file', async () => {
    const copyright = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: zlib

Files: *
License: Zlib

Files: debian/*
License: GPL-2+ or Zlib
 text

a line that is no control data
License: X11
`;
    const { packages } = await packagesIn({
      'var/lib/dpkg/status': ZLIB,
      'usr/share/doc/zlib1g/copyright': copyright,
    });
    expect(packages[0]?.licenses).toEqual(['GPL-2+ or Zlib', 'X11', 'Zlib']);
  });

  test('are told of where a record is damaged, and the others are listed', async () => {
    const { packages, warnings } = await packagesIn({
      'var/lib/dpkg/status': `Package: a\nnonsense\n\n${ZLIB}`,
    });
    expect(packages.map(({ name }) => name)).toEqual(['zlib1g']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('var/lib/dpkg/status: line 2 is no field');
  });

  test('are unharmed by links in circles', async () => {
    const { packages } = await packagesIn({
      'var/lib/dpkg/status': '-> status',
      'etc/os-release': '-> os-release',
      'var/lib/dpkg/status.d/zlib1g': ZLIB,
      'var/lib/dpkg/status.d/zlib1g.md5sums': `${'0'.repeat(32)}  loop/x\n`,
      loop: '-> loop',
    });
    expect(packages).toHaveLength(1);
  });
});
