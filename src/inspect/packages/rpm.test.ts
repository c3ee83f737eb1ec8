import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { packagesIn } from './testing.ts';

/** Written by rpm 4.18 when it installed a package with 201 files, whose header does not fit on one page. */
const DATABASE = fixture('rpmdb.sqlite');

/**
 * The same header and a small one. Those of Berkeley DB were written by its db5.3_load, and rpm lists them; in the first
 * both headers are on pages of their own, in the other the small one is among the items. Readers of others list the last.
 */
const OLDER = [
  ['Berkeley DB', 'Packages', fixture('Packages-4k-little-endian')],
  ['Berkeley DB on a machine of the other byte order', 'Packages', fixture('Packages-16k-big-endian')],
  ['ndb', 'Packages.db', fixture('Packages.db')],
] as const;

function fixture(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../../../test/fixtures/rpm/${name}.gz`, import.meta.url)));
}

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

  test.each(OLDER)('are those of its database of %s', async (_, name, database) => {
    const { packages, warnings } = await packagesIn({
      'etc/os-release': 'ID=sles\n',
      [`var/lib/rpm/${name}`]: database,
      'usr/share/hello/a-file-with-a-long-name-200': '200',
    });
    expect(warnings).toEqual([]);
    expect(packages.map((one) => [one.name, one.version, one.licenses, one.files])).toEqual([
      ['hello-sample', '2:1.2~rc1-3.test', ['MIT AND Zlib'], ['usr/share/hello/a-file-with-a-long-name-200']],
      ['tiny', '1-1', ['MIT'], []],
    ]);
  });

  test('are those of the newest database of a folder', async () => {
    const [, [, name, database]] = OLDER;
    const { packages } = await packagesIn({
      'var/lib/rpm/rpmdb.sqlite': DATABASE,
      [`var/lib/rpm/${name}`]: database,
    });
    expect(packages.map(({ name }) => name)).toEqual(['hello-sample']);
  });

  test.each([
    ['Packages', 'no hash table of Berkeley DB'],
    ['Packages.db', 'no ndb database of RPM'],
  ])('of a file %s that is something else are warned of', async (name, message) => {
    for (const content of ['x', Buffer.alloc(10_000, 'x')]) {
      const { packages, warnings } = await packagesIn({ [`var/lib/rpm/${name}`]: content });
      expect(packages).toEqual([]);
      expect(warnings).toEqual([expect.stringContaining(`var/lib/rpm/${name} is ${message}`)]);
    }
  });

  test('of pages that lead to each other in a circle are warned of', async () => {
    const [[, name, database]] = OLDER;
    const circle = Buffer.from(database);
    // Every overflow page (7) is followed by itself, and has one byte.
    for (let page = 0; page < circle.length; page += 4096) {
      if (circle[page + 25] !== 7) continue;
      circle.writeUInt32LE(page / 4096, page + 16);
      circle.writeUInt16LE(1, page + 22);
    }
    const { warnings } = await packagesIn({ [`var/lib/rpm/${name}`]: circle });
    expect(warnings).toEqual([expect.stringContaining('values share pages')]);
  });

  test('of slots that all lead to one blob are warned of', async () => {
    const [, , [, name, database]] = OLDER;
    const shared = Buffer.from(database);
    for (let slot = 48; slot < 4096; slot += 16) shared.copy(shared, slot, 32, 48);
    const { packages, warnings } = await packagesIn({ [`var/lib/rpm/${name}`]: shared });
    expect(packages.length).toBeLessThan(40);
    expect(warnings).toEqual([expect.stringContaining('a slot leads out of the file')]);
  });

  test('of a database with changes beside it are warned of', async () => {
    const { warnings } = await packagesIn({
      'var/lib/rpm/rpmdb.sqlite': DATABASE,
      'var/lib/rpm/rpmdb.sqlite-wal': 'x',
    });
    expect(warnings).toHaveLength(1);
  });

  test.each([['SQLite', 'rpmdb.sqlite', DATABASE] as const, ...OLDER])(
    'of a damaged database of %s are a warning, whatever the damage',
    async (_, name, database) => {
      await fc.assert(
        fc.asyncProperty(fc.nat(database.length - 1), fc.nat(255), fc.boolean(), async (at, byte, cut) => {
          const damaged = Buffer.from(database);
          damaged[at] = byte;
          await packagesIn({ [`var/lib/rpm/${name}`]: cut ? damaged.subarray(0, at) : damaged });
        }),
        { numRuns: 60 },
      );
      const { warnings } = await packagesIn({ [`var/lib/rpm/${name}`]: database.subarray(0, 5000) });
      expect(warnings).toHaveLength(1);
    },
  );
});
