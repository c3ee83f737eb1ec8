import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { elfFile } from '../../codec/testing-elf.ts';
import { ldconfig } from '../../codec/testing-ldconfig.ts';
import type { Entry } from '../../tree/entry.ts';
import { bytesOf, directory, file, link } from '../../tree/testing.ts';
import { applyHooks } from './apply.ts';
import { CACHE, ldCache } from './ld-cache.ts';
import { contextOf, made } from './testing.ts';

const library = (path: string, soname?: string): Entry =>
  file(path, elfFile(soname === undefined ? { needed: ['libc.so.6'] } : { soname }));

const SYSTEM = [link('lib', 'usr/lib'), directory('usr/lib'), file('etc/ld.so.conf', '')];

interface Case {
  readonly entries: readonly Entry[];
  /** Libraries of the cache, in its order. */
  readonly lists: readonly string[];
  readonly links?: readonly string[];
}

const cases: Readonly<Record<string, Case>> = {
  'a library and the link for developers': {
    entries: [
      library('usr/lib/liba.so.1.2', 'liba.so.1'),
      link('usr/lib/liba.so.1', 'liba.so.1.2'),
      link('usr/lib/liba.so', 'liba.so.1.2'),
    ],
    lists: ['/lib/liba.so.1', '/lib/liba.so'],
  },
  'a library whose soname has no link': {
    entries: [library('usr/lib/liba.so.1.2', 'liba.so.1')],
    lists: ['/lib/liba.so.1'],
    links: ['/usr/lib/liba.so.1 symlink 0777 0:0 -> liba.so.1.2'],
  },
  'two versions of one soname': {
    entries: [library('usr/lib/liba.so.1.9', 'liba.so.1'), library('usr/lib/liba.so.1.10', 'liba.so.1')],
    lists: ['/lib/liba.so.1'],
    links: ['/usr/lib/liba.so.1 symlink 0777 0:0 -> liba.so.1.10'],
  },
  'a library without a soname': { entries: [library('usr/lib/libplain.so')], lists: ['/lib/libplain.so'] },
  'a link to another name': {
    entries: [library('usr/lib/libreal.so.3', 'libreal.so.3'), link('usr/lib/libother.so.1', 'libreal.so.3')],
    lists: ['/lib/libreal.so.3'],
  },
  'a link out of the directory': {
    entries: [library('opt/x/libx.so.1', 'libx.so.1'), link('usr/lib/libx.so.1', '/opt/x/libx.so.1')],
    lists: ['/lib/libx.so.1'],
  },
  'what is no library': {
    entries: [
      library('usr/lib/liba.so.1', 'liba.so.1'),
      file('usr/lib/libtext.so', 'GROUP ( libc.so.6 )'),
      library('usr/lib/plugin.so', 'plugin.so'),
      library('usr/lib/sub/libsub.so.1', 'libsub.so.1'),
      file('usr/lib/liba.so.1-gdb.py', 'import gdb'),
      link('usr/lib/libgone.so.1', 'nowhere'),
      file('usr/lib/libprogram.so', elfFile({ type: 2, soname: 'libprogram.so' })),
    ],
    lists: ['/lib/liba.so.1'],
  },
  'the loader itself': {
    entries: [library('usr/lib/ld-linux-x86-64.so.2', 'ld-linux-x86-64.so.2')],
    lists: ['/lib/ld-linux-x86-64.so.2'],
  },
  'directories of the configuration, through its inclusions': {
    entries: [
      file('etc/ld.so.conf', '# first\ninclude /etc/ld.so.conf.d/*.conf\n/opt/late\n'),
      file('etc/ld.so.conf.d/b.conf', '/opt/b   # the second\n'),
      file('etc/ld.so.conf.d/a.conf', '/opt/a/\n/nowhere\n'),
      file('etc/ld.so.conf.d/ignored.txt', '/opt/ignored\n'),
      ...['a', 'b', 'late', 'ignored'].map((name) =>
        library(`opt/${name}/lib${name}.so.1`, `lib${name}.so.1`),
      ),
      library('opt/b/liba.so.1', 'liba.so.1'),
    ],
    lists: ['/opt/late/liblate.so.1', '/opt/b/libb.so.1', '/opt/a/liba.so.1', '/opt/b/liba.so.1'],
  },
  'variants for processors': {
    entries: [
      library('usr/lib/liba.so.1', 'liba.so.1'),
      library('usr/lib/glibc-hwcaps/x86-64-v3/liba.so.1.0', 'liba.so.1'),
      link('usr/lib/glibc-hwcaps/x86-64-v3/liba.so.1', 'liba.so.1.0'),
    ],
    lists: ['/lib/glibc-hwcaps/x86-64-v3/liba.so.1.0', '/lib/liba.so.1'],
  },
};

const system = (entries: readonly Entry[]): readonly Entry[] => [
  ...SYSTEM.filter(({ path }) => entries.every((entry) => entry.path !== path)),
  ...entries,
];

async function cacheOf(entries: readonly Entry[], packages = ['libc6']): Promise<Buffer | undefined> {
  const { layer } = await applyHooks([ldCache], contextOf(entries, { packages }));
  const entry = layer.entries.find(({ path }) => path === CACHE);
  return entry?.type === 'file' ? Buffer.from(bytesOf(entry)) : undefined;
}

/** Paths of a cache, in order. */
function listed(cache: Buffer): readonly string[] {
  return Array.from({ length: cache.readUInt32LE(20) }, (_, index) => {
    const at = cache.readUInt32LE(48 + index * 24 + 8);
    return cache.toString('utf8', at, cache.indexOf(0, at));
  });
}

describe.each(Object.entries(cases))('%s', (_, { entries, lists, links = [] }) => {
  test('is listed as the loader will find it', async () => {
    const cache = await cacheOf(system(entries));
    expect(cache && listed(cache)).toEqual(lists);
    const all = await made([ldCache], system(entries), { packages: ['libc6'] });
    expect(all.filter((line) => !line.startsWith(`/${CACHE}`))).toEqual(links);
  });

  test('is what ldconfig makes of it', async () => {
    const root = mkdtempSync(join(tmpdir(), 'ldconfig-'));
    roots.push(root);
    for (const entry of system(entries)) writeTo(root, entry);
    const before = namesIn(root);
    ldconfig('-r', root, '-X');
    const theirs = readFileSync(join(root, CACHE));
    ldconfig('-r', root);
    const linked = namesIn(root).filter(
      (name) => !before.includes(name) && /^(?:usr|opt)\/.*\.so/.test(name),
    );
    const ours = (await cacheOf(system(entries))) ?? Buffer.alloc(0);
    expect(withoutGenerator(ours)).toBe(withoutGenerator(theirs));
    expect(linked).toEqual(links.map((line) => line.slice(1, line.indexOf(' '))));
  });
});

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
});

function namesIn(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' });
}

function writeTo(root: string, entry: Entry): void {
  const path = join(root, entry.path);
  mkdirSync(dirname(path), { recursive: true });
  if (entry.type === 'directory') mkdirSync(path, { recursive: true });
  else if (entry.type === 'symlink') symlinkSync(entry.target, path);
  else if (entry.type === 'file') writeFileSync(path, bytesOf(entry));
}

/** Who wrote it stands at the end, its length in the extension's directory before it. */
function withoutGenerator(cache: Buffer): string {
  const text = cache.toString('latin1');
  const copy = Buffer.from(cache.subarray(0, text.lastIndexOf('ldconfig ')));
  copy.writeUInt32LE(0, cache.readUInt32LE(32) + 8 + 12);
  return copy.toString('latin1');
}

describe('the cache', () => {
  test("says that Debian's ldconfig of that version wrote it, since it is what that one writes", async () => {
    const cache = await cacheOf(system([library('usr/lib/liba.so.1', 'liba.so.1')]));
    expect(cache?.toString('latin1')).toMatch(
      /ldconfig \(Debian GLIBC 2\.41-12\) stable release version 2\.41$/,
    );
  });

  test('is not made without libraries, nor without the C library', async () => {
    expect(await cacheOf(SYSTEM)).toBeUndefined();
    expect(await cacheOf(system([library('usr/lib/liba.so.1', 'liba.so.1')]), [])).toBeUndefined();
  });

  test('knows /usr/local/lib and the directories of libc6 where libc-bin is not in', async () => {
    const cache = await cacheOf([
      link('lib', 'usr/lib'),
      file('etc/ld.so.conf.d/x86_64-linux-gnu.conf', '# Multiarch support\n/lib/x86_64-linux-gnu\n'),
      library('usr/local/lib/libown.so.1', 'libown.so.1'),
      library('usr/lib/x86_64-linux-gnu/libc.so.6', 'libc.so.6'),
    ]);
    expect(cache && listed(cache)).toEqual(['/usr/local/lib/libown.so.1', '/lib/x86_64-linux-gnu/libc.so.6']);
  });

  test('is made of libraries of any machine', async () => {
    const arm = file('usr/lib/liba.so.1', elfFile({ machine: 183, soname: 'liba.so.1' }));
    expect((await cacheOf(system([arm])))?.readUInt32LE(48)).toBe(0x0a03);
  });
});
