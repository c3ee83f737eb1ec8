import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packagesIn } from './testing.ts';

/** Written by rpm 4.18 when it installed a package with 201 files, whose header does not fit on one page. */
const DATABASE = gunzipSync(
  readFileSync(new URL('../../../test/fixtures/rpm/rpmdb.sqlite.gz', import.meta.url)),
);

describe('packages of RPM', () => {
  test.each(['var/lib/rpm/rpmdb.sqlite', 'usr/lib/sysimage/rpm/rpmdb.sqlite'])(
    'are those of its database in %s',
    async (path) => {
      const { packages, warnings } = await packagesIn({
        'etc/os-release': 'ID=fedora\nVERSION_ID=42\n',
        [path]: DATABASE,
        'usr/share/hello/hello.txt': 'hi',
        'usr/share/hello/a-file-with-a-long-name-200': '200',
      });
      expect(warnings).toEqual([]);
      expect(packages).toEqual([
        {
          manager: 'rpm',
          name: 'hello-sample',
          version: '2:1.2~rc1-3.test',
          architecture: 'noarch',
          source: { name: 'hello-sample', version: '1.2~rc1-3.test' },
          licenses: ['MIT AND Zlib'],
          supplier: 'Test',
          homepage: 'https://example.com/hello',
          path,
          files: ['usr/share/hello/a-file-with-a-long-name-200', 'usr/share/hello/hello.txt'],
          purl: expect.stringMatching(
            /^pkg:rpm\/fedora\/hello-sample@1\.2~rc1-3\.test\?arch=noarch&.*epoch=2/,
          ),
        },
      ]);
    },
  );

  test('of other databases are warned of, not passed over', async () => {
    const { packages, warnings } = await packagesIn({ 'var/lib/rpm/Packages': 'x' });
    expect(packages).toEqual([]);
    expect(warnings).toEqual([
      'the packages of RPM in /var/lib/rpm/Packages are not listed: only its databases of SQLite are read',
    ]);
  });

  test('of a database with changes beside it are warned of', async () => {
    const { warnings } = await packagesIn({
      'var/lib/rpm/rpmdb.sqlite': DATABASE,
      'var/lib/rpm/rpmdb.sqlite-wal': 'x',
    });
    expect(warnings).toHaveLength(1);
  });

  test('that are damaged are a warning, whatever the damage', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(DATABASE.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
        const damaged = Buffer.from(DATABASE);
        damaged[at] = byte;
        await packagesIn({ 'var/lib/rpm/rpmdb.sqlite': cut ? damaged.subarray(0, at) : damaged });
      }),
      { numRuns: 60 },
    );
    const { warnings } = await packagesIn({ 'var/lib/rpm/rpmdb.sqlite': DATABASE.subarray(0, 5000) });
    expect(warnings).toHaveLength(1);
  });
});
