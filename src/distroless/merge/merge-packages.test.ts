import { afterAll, describe, expect, test } from 'vitest';
import { contentLines, debBench } from '../../debian/deb/testing.ts';
import type { TestFile, TestPackage } from '../../debian/testing/deb.ts';
import { mergePackages, type MergeOptions } from './merge-packages.ts';

const bench = debBench();
afterAll(bench.close);

function pkg(name: string, files: Record<string, TestFile>, more: Partial<TestPackage> = {}): TestPackage {
  return { name, version: '1', files, ...more };
}

async function merge(packages: readonly TestPackage[], options: MergeOptions = {}) {
  return mergePackages(await bench.debs(...packages), { statusFiles: false, ...options });
}

/** The tree without the plain directories that every tree has. */
async function tree(
  packages: readonly TestPackage[],
  options: MergeOptions = {},
): Promise<readonly string[]> {
  const { layer } = await merge(packages, options);
  return contentLines(layer).filter((line) => !line.endsWith(' directory 755 0:0'));
}

const BOOKWORM_BASE = pkg('base-files', {
  '/bin': { directory: true },
  '/lib': { directory: true },
  '/sbin': { directory: true },
  '/usr/bin': { directory: true },
  '/tmp': { directory: true, mode: 0o1777 },
});
const TRIXIE_BASE = pkg('base-files', {
  '/bin': { symlink: 'usr/bin' },
  '/lib': { symlink: 'usr/lib' },
  '/lib64': { symlink: 'usr/lib64' },
  '/sbin': { symlink: 'usr/sbin' },
  '/usr/bin': { directory: true },
  '/usr/lib': { directory: true },
  '/usr/lib64': { directory: true },
  '/usr/sbin': { directory: true },
});
const OLD_LIBC = pkg('libc6', {
  '/lib/x86_64-linux-gnu/libc.so.6': 'libc',
  '/lib/x86_64-linux-gnu/libm.so.6': { link: '/lib/x86_64-linux-gnu/libc.so.6' },
  '/lib64/ld-linux-x86-64.so.2': { symlink: '/lib/x86_64-linux-gnu/ld.so' },
  '/sbin/ldconfig': { content: 'ldconfig', mode: 0o755 },
});

describe('the merged /usr', () => {
  test('is made where packages have real directories, and everything moves into it', async () => {
    expect(await tree([BOOKWORM_BASE, OLD_LIBC])).toEqual([
      '/bin symlink 777 0:0 -> usr/bin',
      '/lib symlink 777 0:0 -> usr/lib',
      '/lib64 symlink 777 0:0 -> usr/lib64',
      '/sbin symlink 777 0:0 -> usr/sbin',
      '/tmp directory 1777 0:0',
      '/usr/lib/x86_64-linux-gnu/libc.so.6 file 644 0:0 "libc" linked',
      '/usr/lib/x86_64-linux-gnu/libm.so.6 file 644 0:0 "libc" linked',
      '/usr/lib64/ld-linux-x86-64.so.2 symlink 777 0:0 -> /lib/x86_64-linux-gnu/ld.so',
      '/usr/sbin/ldconfig file 755 0:0 "ldconfig"',
    ]);
  });

  test('has directories for all that moved', async () => {
    const { layer } = await merge([BOOKWORM_BASE]);
    expect(contentLines(layer).filter((line) => line.startsWith('/usr'))).toEqual([
      '/usr directory 755 0:0',
      '/usr/bin directory 755 0:0',
      '/usr/lib directory 755 0:0',
      '/usr/sbin directory 755 0:0',
    ]);
  });

  test('keeps the links of a package that has them, whatever others put below', async () => {
    const driver = pkg('vendor-driver', { '/lib/vendor/a.so': 'a', '/sbin/vendor': 'v', '/lib32/b.so': 'b' });
    expect(await tree([TRIXIE_BASE, driver])).toEqual([
      '/bin symlink 777 0:0 -> usr/bin',
      '/lib symlink 777 0:0 -> usr/lib',
      '/lib32 symlink 777 0:0 -> usr/lib32',
      '/lib64 symlink 777 0:0 -> usr/lib64',
      '/sbin symlink 777 0:0 -> usr/sbin',
      '/usr/lib/vendor/a.so file 644 0:0 "a"',
      '/usr/lib32/b.so file 644 0:0 "b"',
      '/usr/sbin/vendor file 644 0:0 "v"',
    ]);
  });

  test('has no link that nothing needs', async () => {
    expect(await tree([pkg('a', { '/usr/bin/a': 'a', '/opt/lib/b': 'b' })])).toEqual([
      '/opt/lib/b file 644 0:0 "b"',
      '/usr/bin/a file 644 0:0 "a"',
    ]);
  });

  test('drops the link that kept an old name, which would lead to itself', async () => {
    const moved = pkg('a', { '/bin/a': 'a', '/usr/bin/a': { symlink: '/bin/a' } });
    expect(await tree([moved])).toEqual(['/bin symlink 777 0:0 -> usr/bin', '/usr/bin/a file 644 0:0 "a"']);
  });

  test('is not made when it is not wanted', async () => {
    expect(await tree([pkg('a', { '/bin/a': 'a' })], { mergedUsr: false })).toEqual([
      '/bin/a file 644 0:0 "a"',
    ]);
  });

  test('refuses a package that has two files for one path', async () => {
    await expect(merge([pkg('a', { '/bin/a': 'one', '/usr/bin/a': 'two' })])).rejects.toThrow(
      /"a" \(1, amd64, a file\) has both "\/bin\/a" and "\/usr\/bin\/a", which are one path/,
    );
  });

  test('takes one of two files that are the same', async () => {
    expect(await tree([pkg('a', { '/bin/a': 'one', '/usr/bin/a': 'one' })])).toContain(
      '/usr/bin/a file 644 0:0 "one"',
    );
  });
});

describe('a path in two packages', () => {
  const one = pkg('one', { '/usr/bin/x': 'of one' });
  const two = pkg('two', { '/usr/bin/x': 'of two' });
  const same = (architecture: string, content: string, multiArch = 'same'): TestPackage => ({
    ...pkg('libx', { '/usr/share/x': content }),
    architecture,
    fields: { 'Multi-Arch': multiArch },
  });

  test('is an error that names both, and the path', async () => {
    await expect(merge([one, two])).rejects.toMatchObject({ code: 'FILE_CONFLICT' });
    await expect(merge([one, two])).rejects.toThrow(
      '"/usr/bin/x" is in the package "one" (1, amd64, a file) and in "two" (1, amd64, a file), and neither replaces the other',
    );
  });

  test('is an error even where both are the same', async () => {
    await expect(merge([one, { ...one, name: 'two' }])).rejects.toMatchObject({ code: 'FILE_CONFLICT' });
  });

  test('is of the one that replaces the other', async () => {
    const replacing = { ...two, fields: { Replaces: 'other, one (<< 2)' } };
    const { layer, owners, notes } = await merge([one, replacing]);
    expect(contentLines(layer)).toContain('/usr/bin/x file 644 0:0 "of two"');
    expect([...owners]).toEqual([['usr/bin/x', 'two']]);
    expect(notes.filter(({ kind }) => kind === 'replaced')).toEqual([
      {
        kind: 'replaced',
        path: 'usr/bin/x',
        packages: ['two', 'one'],
        message: '"/usr/bin/x" is from "two", which replaces that of "one"',
      },
    ]);
  });

  test('is an error where another version would be replaced', async () => {
    await expect(merge([one, { ...two, fields: { Replaces: 'one (<< 1)' } }])).rejects.toThrow(
      /neither replaces/,
    );
  });

  test('is shared by architectures of one package where it is the same', async () => {
    const { layer, owners } = await merge([same('amd64', 'x'), same('i386', 'x')]);
    expect(contentLines(layer)).toContain('/usr/share/x file 644 0:0 "x"');
    expect(owners.get('usr/share/x')).toBe('libx');
  });

  test.each([
    ['differs', same('amd64', 'x'), same('i386', 'y')],
    ['may not be shared', same('amd64', 'x', 'foreign'), same('i386', 'x', 'foreign')],
  ])('is an error where it %s', async (_what, first, second) => {
    await expect(merge([first, second])).rejects.toMatchObject({ code: 'FILE_CONFLICT' });
  });

  test('may be left out', async () => {
    expect(await tree([one, two], { leaveOut: ['/usr/bin/x'] })).toEqual([]);
  });

  test('is an error where one has a file and the other a directory', async () => {
    const below = pkg('two', { '/usr/bin/x/y': 'y' });
    await expect(merge([one, below])).rejects.toMatchObject({ code: 'FILE_CONFLICT' });
    await expect(merge([one, below], { leaveOut: ['/etc'] })).rejects.toThrow(
      /"one" .* "two" \(1, amd64, a directory\)/,
    );
  });

  test('says who diverts files', async () => {
    const diverting = {
      ...two,
      scripts: { preinst: '#!/bin/sh\ndpkg-divert --package two --add /usr/bin/x\n' },
    };
    await expect(merge([one, diverting])).rejects.toMatchObject({
      hint: expect.stringContaining('"two" diverts'),
    });
    const { notes } = await merge([diverting]);
    expect(notes.map(({ message }) => message)).toContain(
      '"two" diverts files of other packages in its preinst; nothing is diverted here',
    );
  });

  test('may be a link to a directory in one and that directory in the other', async () => {
    const linking = pkg('docs', { '/usr/share/doc/docs': { symlink: 'real' }, '/usr/share/doc/real/a': 'a' });
    const filling = pkg('more', { '/usr/share/doc/docs/b': 'b' });
    const { layer, notes } = await merge([filling, linking]);
    expect(contentLines(layer).filter((line) => !line.endsWith(' directory 755 0:0'))).toEqual([
      '/usr/share/doc/docs symlink 777 0:0 -> real',
      '/usr/share/doc/real/a file 644 0:0 "a"',
      '/usr/share/doc/real/b file 644 0:0 "b"',
    ]);
    expect(notes.map(({ kind }) => kind)).toContain('link');
  });

  test('is refused where links lead in a circle', async () => {
    const [a, b] = [pkg('a', { '/x': { symlink: 'y' } }), pkg('b', { '/y': { symlink: 'x' } })];
    await expect(merge([a, b, pkg('c', { '/x/f': 'f' })])).rejects.toThrow(/in a circle/);
  });

  test('is an error for the same package twice', async () => {
    await expect(merge([one, one])).rejects.toThrow(/"one" is there twice/);
  });
});

describe('directories', () => {
  const spool = (mode: number, mtime: number): TestFile => ({ directory: true, mode, mtime });

  test('have the attributes that base-files gives them, and the latest time', async () => {
    const { layer, notes } = await merge([
      pkg('a', { '/var/spool': spool(0o700, 50) }),
      pkg('base-files', { '/var/spool': spool(0o1777, 20) }),
    ]);
    const [, directory] = layer.entries;
    expect(directory).toMatchObject({ path: 'var/spool', mode: 0o1777, mtime: 50 });
    expect(notes.filter(({ kind }) => kind === 'directory').map(({ message }) => message)).toEqual([
      '"/var/spool" is 1777 0:0 as in "base-files"; "a" has it 0700 0:0',
    ]);
  });

  test('else those of the first package by name', async () => {
    const packages = [
      pkg('b', { '/var/spool': spool(0o700, 9) }),
      pkg('a', { '/var/spool': spool(0o750, 8) }),
    ];
    expect((await merge(packages)).layer.entries[1]).toMatchObject({ mode: 0o750, mtime: 9 });
  });

  test('are the same in whatever order packages come', async () => {
    const packages = [BOOKWORM_BASE, OLD_LIBC, pkg('z', { '/bin/z': { content: 'z', mode: 0o4755 } })];
    const one = await tree(packages);
    expect(one).toContain('/usr/bin/z file 4755 0:0 "z"');
    expect(await tree(packages.toReversed())).toEqual(one);
  });
});

describe('leaving out', () => {
  const app = pkg('app', {
    '/usr/bin/app': 'app',
    '/usr/share/man/man1/app.1.gz': 'manual',
    '/usr/share/doc/app/changelog.gz': 'changes',
    '/usr/share/doc/app/copyright': 'licence',
    '/usr/share/doc/app/examples/one': 'example',
    '/usr/share/common-licenses/GPL-3': 'GPL',
    '/var/lib/app': { directory: true, mode: 0o700 },
  });

  test.each<readonly [string, readonly string[], readonly string[]]>([
    [
      'a folder and all below it, and the folders that are there only for that',
      ['/usr/share/man'],
      ['usr/share/doc/app/changelog.gz', 'usr/share/doc/app/examples/one'],
    ],
    ['all of a folder but what stays', ['/usr/share/**'], []],
    [
      'one kind of file',
      ['/usr/share/doc/*/changelog*', '/usr/share/man/**'],
      ['usr/share/doc/app/examples/one'],
    ],
    [
      'all but something',
      ['/usr/share/doc/**', '!/usr/share/doc/app/examples', '/usr/share/man'],
      ['usr/share/doc/app/examples/one'],
    ],
    ['by classes', ['/usr/share/[dm]*/**'], []],
  ])('%s', async (_what, leaveOut, kept) => {
    const { layer, owners } = await merge([app], { leaveOut });
    const always = ['usr/bin/app', 'usr/share/common-licenses/GPL-3', 'usr/share/doc/app/copyright'];
    expect([...owners.keys()].toSorted()).toEqual([...always, ...kept].toSorted());
    const paths = layer.entries.map(({ path }) => path);
    expect(paths).toContain('var/lib/app');
    expect(paths).not.toContain('usr/share/man');
    expect(paths).toContain('usr/share/doc/app');
  });

  test('keeps empty directories unless they are named', async () => {
    const { layer } = await merge([app], { leaveOut: ['/var/lib/*'] });
    expect(layer.entries.map(({ path }) => path)).not.toContain('var');
  });

  test('keeps what a copyright is a link to, and links between folders of documentation', async () => {
    const linked = [
      pkg('lib', {
        '/usr/share/doc/lib/copyright': { symlink: '../../lib/LICENCE' },
        '/usr/share/doc/lib/NEWS': 'news',
        '/usr/share/lib/LICENCE': 'terms',
        '/usr/share/lib/other': 'other',
      }),
      pkg('lib-dev', { '/usr/share/doc/lib-dev': { symlink: 'lib' } }),
    ];
    const { owners, notes } = await merge(linked, { leaveOut: ['/usr/share/doc/**', '/usr/share/lib'] });
    expect([...owners.keys()].toSorted()).toEqual([
      'usr/share/doc/lib-dev',
      'usr/share/doc/lib/copyright',
      'usr/share/lib/LICENCE',
    ]);
    expect(notes).toEqual([]);
  });

  test('says whose copyright file is not there', async () => {
    const { notes } = await merge([pkg('lib-dev', { '/usr/share/doc/lib-dev': { symlink: 'lib' } })]);
    expect(notes).toMatchObject([{ kind: 'copyright', packages: ['lib-dev'] }]);
  });

  test.each(['usr/share', '/', '/a/../b'])('refuses the pattern %s', async (pattern) => {
    await expect(merge([app], { leaveOut: [pattern] })).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('status files', () => {
  const old = { ...OLD_LIBC, fields: { Source: 'glibc (2.36-9)', 'Multi-Arch': 'same' } };

  test('are the control file as it stands, and the sums of what is there, at the paths where it is', async () => {
    const extra = pkg(
      'extra',
      { '/etc/extra.conf': 'conf', '/usr/share/doc/extra/a': 'a', '/lib/extra': 'e' },
      { conffiles: ['/etc/extra.conf'] },
    );
    const { layer } = await merge([old, extra], { statusFiles: true, leaveOut: ['/usr/share/doc/**'] });
    const status = contentLines(layer).filter((line) => line.includes('dpkg'));
    const [libc] = await bench.debs(old);
    expect(status).toEqual([
      '/var/lib/dpkg directory 755 0:0',
      '/var/lib/dpkg/status.d directory 755 0:0',
      expect.stringMatching(/^\/var\/lib\/dpkg\/status\.d\/extra file 644 0:0 "Package: extra\\n/),
      '/var/lib/dpkg/status.d/extra.md5sums file 644 0:0 "e1671797c52e15f763380b45e841ec32  usr/lib/extra\\n"',
      `/var/lib/dpkg/status.d/libc6 file 644 0:0 ${JSON.stringify(libc?.controlText)}`,
      expect.stringMatching(
        /libc6\.md5sums file 644 0:0 "[0-9a-f]{32} {2}usr\/lib\/x86_64-linux-gnu\/libc\.so\.6\\n[0-9a-f]{32} {2}usr\/sbin\/ldconfig\\n"$/,
      ),
    ]);
    expect(libc?.controlText).toContain('Source: glibc (2.36-9)\n');
  });

  test('sum what a package does not sum itself', async () => {
    const [deb] = await bench.debs(pkg('a', { '/usr/a': 'a', '/etc/a': 'conf' }, { conffiles: ['/etc/a'] }));
    if (!deb) throw new TypeError('no package');
    const bare = {
      ...deb,
      md5sums: [],
      controlFiles: new Map([...deb.controlFiles].filter(([k]) => k !== 'md5sums')),
    };
    expect(contentLines(mergePackages([bare]).layer)).toContain(
      '/var/lib/dpkg/status.d/a.md5sums file 644 0:0 "0cc175b9c0f1b6a831c399e269772661  usr/a\\n"',
    );
  });

  test('have a name of their own for every architecture', async () => {
    const libx = pkg('libx', { '/usr/share/x': 'x' }, { fields: { 'Multi-Arch': 'same' } });
    const { layer } = await merge([libx, { ...libx, architecture: 'i386' }], { statusFiles: true });
    expect(layer.entries.map(({ path }) => path).filter((path) => path.includes('status.d/'))).toEqual([
      'var/lib/dpkg/status.d/libx',
      'var/lib/dpkg/status.d/libx.md5sums',
      'var/lib/dpkg/status.d/libx:i386',
      'var/lib/dpkg/status.d/libx:i386.md5sums',
    ]);
  });

  test('have the time of the newest file, or the one given', async () => {
    const timed = pkg('a', { '/usr/a': { content: 'a', mtime: 1_800_000_000 } });
    const times = async (options: MergeOptions) => {
      const { layer, time } = await merge([timed], { statusFiles: true, ...options });
      return [time, layer.entries.find(({ path }) => path.endsWith('status.d/a'))?.mtime];
    };
    expect(await times({})).toEqual([1_800_000_000, 1_800_000_000]);
    expect(await times({ time: 7 })).toEqual([7, 7]);
  });
});
