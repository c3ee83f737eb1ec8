import { execFileSync } from 'node:child_process';
import {
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { member, pax } from '../codec/tar/blocks.ts';
import { streamOf } from '../codec/stream.ts';
import { TAR_END, encodeTarHeader, tarPadding } from '../codec/tar/tar.ts';
import type { TarHeaderInput } from '../codec/tar/tar.ts';
import { layerFromTar } from './from-tar.ts';
import type { TarOptions } from './from-tar.ts';
import { makeLayer } from './layer.ts';
import { file, layerText, treeText } from './testing.ts';
import { stack } from './tree.ts';

type Member = Partial<TarHeaderInput> & { readonly text?: string };

const f = (path: string, text = ''): Member => ({ path, text });
const d = (path: string, mode = 0o755): Member => ({ path, type: 'directory', mode });
const l = (path: string, linkname: string): Member => ({ path, type: 'symlink', linkname });
const h = (path: string, linkname: string): Member => ({ path, type: 'link', linkname });

function tar(members: readonly (Member | Buffer)[]): Buffer {
  const parts = members.flatMap((one) => {
    if (Buffer.isBuffer(one)) return [one];
    const { text = '', ...fields } = one;
    const content = Buffer.from(text);
    const header = {
      path: 'x',
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: 0,
      size: content.length,
    } as const;
    return [encodeTarHeader({ ...header, ...fields }), content, tarPadding(content.length)];
  });
  return Buffer.concat([...parts, TAR_END]);
}

/** As an image's layer; contents stand in the lines, read from where they are said to be. */
async function layerLines(members: readonly (Member | Buffer)[], options: Partial<TarOptions> = {}) {
  return layerText(await read(tar(members), options));
}

async function read(bytes: Buffer, options: Partial<TarOptions> = {}) {
  const content: TarOptions['content'] = (offset) => ({ kind: 'blob', blob: 'sha256:b', offset });
  const layer = await layerFromTar(streamOf(bytes), {
    what: 'layer x',
    content,
    whiteouts: true,
    absolute: 'root',
    ...options,
  });
  return makeLayer(
    layer.entries.map((entry) => {
      if (entry.type !== 'file' || entry.content.kind !== 'blob') return entry;
      const { offset } = entry.content;
      return {
        ...entry,
        content: { kind: 'inline' as const, bytes: bytes.subarray(offset, offset + entry.size) },
      };
    }),
  );
}

const archive: Partial<TarOptions> = { whiteouts: false, absolute: 'refuse' };

const failing = (code: string, message: string) => expect.objectContaining({ code, message });

describe('a tar stream read as a layer', () => {
  it('has every kind of entry, with references for contents', async () => {
    const bytes = tar([
      d('d/', 0o1777),
      {
        ...f('d/file', 'hello'),
        uid: 3_000_000,
        gid: 7,
        mode: 0o4755,
        mtime: 99,
        xattrs: { 'user.x': Buffer.from([0, 255]) },
      },
      l('d/soft', '/etc'),
      { path: 'null', type: 'char', major: 1, minor: 3 },
      { path: 'disk', type: 'block', major: 8, minor: 1 },
      { path: 'pipe', type: 'fifo' },
    ]);
    expect(layerText(await read(bytes))).toEqual([
      '/d directory 1777 0:0',
      '/d/file file 4755 3000000:7 "hello" user.x=00ff',
      '/d/soft symlink 0777 0:0 -> /etc',
      '/disk block 0644 0:0 8,1',
      '/null char 0644 0:0 1,3',
      '/pipe fifo 0644 0:0',
    ]);
    const content: TarOptions['content'] = (offset, size) => ({
      kind: 'file',
      path: `${size} bytes`,
      offset,
    });
    const layer = await layerFromTar(streamOf(bytes), {
      what: 'x',
      content,
      whiteouts: true,
      absolute: 'root',
    });
    const offset = bytes.indexOf('hello');
    expect(layer.entries[1]).toMatchObject({
      size: 5,
      mtime: 99,
      content: { kind: 'file', path: '5 bytes', offset },
    });
  });

  it.each<[string, (Member | Buffer)[], string[]]>([
    ['nothing', [], []],
    [
      'names with dots and slashes',
      [d('./'), d('./a/'), f('.//a/./b'), f('c/.'), f('...')],
      [
        '/ directory 0755 0:0',
        '/... file 0644 0:0 ""',
        '/a directory 0755 0:0',
        '/a/b file 0644 0:0 ""',
        '/c file 0644 0:0 ""',
      ],
    ],
    [
      'absolute names, which mean the root',
      [f('/etc/x'), f('//y')],
      ['/etc/x file 0644 0:0 ""', '/y file 0644 0:0 ""'],
    ],
    [
      'names that are not UTF-8',
      [member({ name: Buffer.from('caf\xe9', 'latin1') })],
      ['/caf\uDCE9 file 0644 0:0 ""'],
    ],
    [
      'a name twice: the last counts',
      [f('a', '1'), f('b'), f('a', '2')],
      ['/a file 0644 0:0 "2"', '/b file 0644 0:0 ""'],
    ],
    [
      'a directory twice, with what is in it',
      [d('a', 0o700), f('a/x'), d('a', 0o711)],
      ['/a directory 0711 0:0', '/a/x file 0644 0:0 ""'],
    ],
    [
      'a file in the place of a directory, which takes all that was in it',
      [d('a'), f('a/x'), f('a/y/z'), f('a-b'), f('a', 'now')],
      ['/a file 0644 0:0 "now"', '/a-b file 0644 0:0 ""'],
    ],
    ['a link in the place of a directory', [f('a/x'), l('a', '/etc')], ['/a symlink 0777 0:0 -> /etc']],
    [
      'a directory in the place of that, with none of it',
      [f('a/x'), l('a', '/etc'), d('a'), f('a/y')],
      ['/a directory 0755 0:0', '/a/y file 0644 0:0 ""'],
    ],
  ])('reads %s', async (_, members, lines) => {
    expect(await layerLines(members)).toEqual(lines);
  });
});

describe('hostile archives', () => {
  it.each<[string, (Member | Buffer)[], string]>([
    ['a name that leads out', [f('../x')], 'layer x contains the name "../x", which leads out of it'],
    [
      'one that does so halfway',
      [f('a/../../x')],
      'layer x contains the name "a/../../x", which leads out of it',
    ],
    ['one that ends there', [d('a/..')], 'layer x contains the name "a/../", which leads out of it'],
    ['an absolute one', [f('/../x')], 'layer x contains the name "/../x", which leads out of it'],
    [
      'a hard link that leads out',
      [h('a', '../../etc/shadow')],
      'layer x contains the name "../../etc/shadow", which leads out of it',
    ],
    [
      'a name that nothing could have',
      [f(`${'n'.repeat(250)}/`.repeat(17))],
      'layer x contains a name of 4267 characters',
    ],
    [
      'a name with a component that no file system takes',
      [f(`a/${'é'.repeat(128)}/b`)],
      'layer x contains a name of 132 characters',
    ],
    [
      'a file below a link out',
      [l('a', '/etc'), f('a/passwd')],
      'layer x: "a/passwd" stands below "a", which is a symbolic link to "/etc"',
    ],
    [
      'a file far below a link',
      [l('a', 'b'), f('a/b/c/d')],
      'layer x: "a/b/c/d" stands below "a", which is a symbolic link to "b"',
    ],
    [
      'a file below a link that took the place of a directory',
      [f('a/x'), l('a', '/etc'), f('a/x')],
      'layer x: "a/x" stands below "a", which is a symbolic link to "/etc"',
    ],
    [
      'a file below a hard link to a link',
      [l('a', '/etc'), h('b', 'a'), f('b/x')],
      'layer x: "b/x" stands below "b", which is a symbolic link to "/etc"',
    ],
    ['a file below a file', [f('a'), f('a/x')], 'layer x: "a/x" stands below "a", which is a file'],
    [
      'a whiteout below a link',
      [l('a', '/etc'), f('a/.wh.passwd')],
      'layer x: "a/passwd" stands below "a", which is a symbolic link to "/etc"',
    ],
    [
      'an opaque link',
      [l('a', '/etc'), f('a/.wh..wh..opq')],
      'layer x: "a/." stands below "a", which is a symbolic link to "/etc"',
    ],
    ['a root that is a link', [l('.', '/etc')], 'layer x contains a symlink in the place of its root'],
    ['a root that is a file', [f('./.')], 'layer x contains a file in the place of its root'],
    [
      'a whiteout of nothing',
      [f('d/.wh.')],
      'layer x contains the whiteout "d/.wh.", which names no entry of its directory',
    ],
    [
      'a whiteout of its own directory',
      [f('d/.wh..')],
      'layer x contains the whiteout "d/.wh..", which names no entry of its directory',
    ],
    [
      'a whiteout of the directory above',
      [f('.wh...')],
      'layer x contains the whiteout ".wh...", which names no entry of its directory',
    ],
  ])('%s', async (_, members, message) => {
    await expect(layerLines(members)).rejects.toThrow(failing('ARCHIVE_UNSAFE', message));
  });

  it.each<[string, (Member | Buffer)[], string]>([
    ['a link to nothing', [l('a', '')], 'layer x: "a" is a symbolic link to nothing'],
    [
      'a hard link to what is not there',
      [h('a', 'b')],
      'layer x: "a" is a hard link to "b", which is no file before it',
    ],
    [
      'a hard link to what comes later',
      [h('a', 'b'), f('b')],
      'layer x: "a" is a hard link to "b", which is no file before it',
    ],
    [
      'a hard link to a directory',
      [d('b'), h('a', 'b')],
      'layer x: "a" is a hard link to "b", which is no file before it',
    ],
    [
      'a hard link to what is removed',
      [f('d/b'), f('d'), h('a', 'd/b')],
      'layer x: "a" is a hard link to "d/b", which is no file before it',
    ],
    [
      'a damaged header',
      [f('a'), Buffer.alloc(512, 1)],
      'layer x: member at offset 512: its header has a wrong checksum',
    ],
  ])('%s', async (_, members, message) => {
    await expect(layerLines(members)).rejects.toThrow(failing('ARCHIVE_INVALID', message));
  });

  it('absolute names, where people make archives', async () => {
    await expect(layerLines([f('/etc/x')], archive)).rejects.toThrow(
      failing('ARCHIVE_UNSAFE', 'layer x contains the absolute name "/etc/x"'),
    );
    expect(await layerLines([f('a', 'x'), h('b', '/a')], archive)).toHaveLength(2);
  });

  it('a sparse file larger than memory', async () => {
    const sparse = (realsize: number) => [
      pax({
        'GNU.sparse.major': '1',
        'GNU.sparse.minor': '0',
        'GNU.sparse.realsize': String(realsize),
        'GNU.sparse.name': 's',
      }),
      member({ content: '0\n'.padEnd(512, '\0') }),
    ];
    await expect(layerLines(sparse(2 ** 40))).rejects.toThrow(
      failing('ARCHIVE_TOO_LARGE', 'layer x: the sparse file "s" is too large'),
    );
    const many = Array.from({ length: 5 }, () => sparse(16 * 1024 * 1024)).flat();
    await expect(read(tar(many))).rejects.toThrow(
      failing('ARCHIVE_TOO_LARGE', 'layer x: the sparse file "s" is too large'),
    );
  });
});

describe('hard links', () => {
  it('are the file that they link to, in its name and theirs', async () => {
    expect(
      await layerLines([{ ...f('a', 'x'), uid: 5, mode: 0o755 }, h('d/b', './a'), h('c', '/d/b')]),
    ).toEqual([
      '/a file 0755 5:0 "x" link#1',
      '/c file 0755 5:0 "x" link#1',
      '/d/b file 0755 5:0 "x" link#1',
    ]);
  });

  it('stay what they are when the name that they were made by is used again', async () => {
    expect(await layerLines([f('a', '1'), h('b', 'a'), f('a', '2'), h('c', 'a')])).toEqual([
      '/a file 0644 0:0 "2" link#1',
      '/b file 0644 0:0 "1" link#2',
      '/c file 0644 0:0 "2" link#1',
    ]);
  });

  it('to empty and to sparse files are told apart too', async () => {
    const sparse = Buffer.concat([
      pax({ 'GNU.sparse.major': '1', 'GNU.sparse.realsize': '3', 'GNU.sparse.name': 's' }),
      member({ content: '0\n'.padEnd(512, '\0') }),
    ]);
    expect(
      await layerLines([f('a'), h('b', 'a'), f('c'), h('d', 'c'), sparse, h('t', 's'), sparse, h('u', 's')]),
    ).toEqual([
      '/a file 0644 0:0 "" link#1',
      '/b file 0644 0:0 "" link#1',
      '/c file 0644 0:0 "" link#2',
      '/d file 0644 0:0 "" link#2',
      String.raw`/s file 0644 0:0 "\u0000\u0000\u0000" link#3`,
      String.raw`/t file 0644 0:0 "\u0000\u0000\u0000" link#4`,
      String.raw`/u file 0644 0:0 "\u0000\u0000\u0000" link#3`,
    ]);
  });

  it('of one layer are none to files of another, whose stream may look the same', async () => {
    const bytes = tar([f('a', '1'), h('b', 'a')]);
    const group = async (blob: string) => {
      const content: TarOptions['content'] = (offset) => ({ kind: 'blob', blob, offset });
      const layer = await layerFromTar(streamOf(bytes), {
        what: 'x',
        content,
        whiteouts: true,
        absolute: 'root',
      });
      return layer.entries.map((entry) => entry.type === 'file' && entry.link);
    };
    const [first, second] = [await group('sha256:1'), await group('sha256:2')];
    expect(new Set(first).size).toBe(1);
    expect(first).not.toEqual(second);
  });

  it('to links and devices are copies of these', async () => {
    expect(await layerLines([l('a', 'x'), h('b', 'a'), { path: 'p', type: 'fifo' }, h('q', 'p')])).toEqual([
      '/a symlink 0777 0:0 -> x',
      '/b symlink 0777 0:0 -> x',
      '/p fifo 0644 0:0',
      '/q fifo 0644 0:0',
    ]);
  });
});

describe('whiteouts', () => {
  it.each<[string, Member[], string[]]>([
    ['remove a path', [f('d/.wh.x'), f('.wh.y')], ['/d/x whiteout', '/y whiteout']],
    [
      'may be of any type',
      [{ path: '.wh.x', type: 'char', major: 0, minor: 0 }, d('.wh.y/')],
      ['/x whiteout', '/y whiteout'],
    ],
    ['hide nothing of their own layer, before', [f('x', 'new'), f('.wh.x')], ['/x file 0644 0:0 "new"']],
    ['or after', [f('.wh.x'), f('x', 'new')], ['/x file 0644 0:0 "new"']],
    [
      'make a directory of their own layer opaque',
      [d('x', 0o700), f('.wh.x'), f('x/y')],
      ['/x directory 0700 0:0 opaque', '/x/y file 0644 0:0 ""'],
    ],
    [
      'make one that is only implied opaque',
      [f('x/y'), f('.wh.x')],
      ['/x directory 0755 0:0 opaque', '/x/y file 0644 0:0 ""'],
    ],
    [
      'go with the directory that they stand in',
      [f('d/.wh.x'), d('e'), f('e/.wh..wh..opq'), f('d'), l('e', 'd')],
      ['/d file 0644 0:0 ""', '/e symlink 0777 0:0 -> d'],
    ],
    [
      'mark opaque directories, before',
      [f('d/.wh..wh..opq'), d('d', 0o700)],
      ['/d directory 0700 0:0 opaque'],
    ],
    [
      'or after',
      [d('d', 0o700), f('d/x'), f('d/.wh..wh..opq')],
      ['/d directory 0700 0:0 opaque', '/d/x file 0644 0:0 ""'],
    ],
    ['or without the directory', [f('d/.wh..wh..opq')], ['/d directory 0755 0:0 opaque']],
    [
      'mark an opaque root',
      [f('.wh..wh..opq'), f('x')],
      ['/ directory 0755 0:0 opaque', '/x file 0644 0:0 ""'],
    ],
    [
      'leave what AUFS kept for itself out',
      [f('.wh..wh.aufs'), d('.wh..wh.plnk'), f('.wh..wh.plnk/1.2'), f('d/.wh..wh.orph')],
      [],
    ],
    [
      'are only names that begin so',
      [f('a.wh.b'), f('d.wh.e/x')],
      ['/a.wh.b file 0644 0:0 ""', '/d.wh.e/x file 0644 0:0 ""'],
    ],
  ])('%s', async (_, members, lines) => {
    expect(await layerLines(members)).toEqual(lines);
  });

  it('have their effect on the layers below', async () => {
    const base = makeLayer([file('d/old'), file('e/old'), file('f/old'), file('g')]);
    const layer = await read(
      tar([f('.wh.d'), f('d/new'), f('e/.wh..wh..opq'), f('f/.wh.old'), f('.wh.g'), f('g', 'new')]),
    );
    expect(treeText(stack([base, layer])).filter((line) => line.includes(' file '))).toEqual([
      '/d/new file 0644 0:0 ""',
      '/g file 0644 0:0 "new"',
    ]);
  });

  it('are names like others in archives that people make', async () => {
    expect(await layerLines([f('.wh.x', '1'), f('.wh..wh..opq'), f('.wh.')], archive)).toEqual([
      '/.wh. file 0644 0:0 ""',
      '/.wh..wh..opq file 0644 0:0 ""',
      '/.wh.x file 0644 0:0 "1"',
    ]);
  });
});

describe('archives by GNU tar', () => {
  it.each(['v7', 'ustar', 'oldgnu', 'gnu', 'posix'])('in its %s format', async (format) => {
    const place = mkdtempSync(join(tmpdir(), 'decant-tree-'));
    try {
      mkdirSync(join(place, 'd/e'), { recursive: true, mode: 0o755 });
      writeFileSync(join(place, 'd/one'), 'one', { mode: 0o640 });
      linkSync(join(place, 'd/one'), join(place, 'd/two'));
      symlinkSync('../x', join(place, 'd/soft'));
      writeFileSync(join(place, 'd/e/holes'), 'start', { mode: 0o600 });
      truncateSync(join(place, 'd/e/holes'), 300_000);
      writeFileSync(join(place, 'out.tar'), '');
      const sparse = format === 'v7' || format === 'ustar' ? [] : ['--sparse'];
      const how = [
        `--format=${format}`,
        '--owner=3',
        '--group=4',
        '--numeric-owner',
        '--sort=name',
        '--mode=u=rwX,go=rX',
        ...sparse,
      ];
      execFileSync('tar', ['-C', place, ...how, '-cf', join(place, 'out.tar'), 'd']);
      const layer = await read(readFileSync(join(place, 'out.tar')), archive);
      const holes = layer.entries.find((entry) => entry.path === 'd/e/holes');
      expect(holes).toMatchObject({ type: 'file', size: 300_000 });
      expect(layerText(layer).filter((line) => !line.startsWith('/d/e/holes'))).toEqual([
        '/d directory 0755 3:4',
        '/d/e directory 0755 3:4',
        '/d/one file 0644 3:4 "one" link#1',
        '/d/soft symlink 0777 3:4 -> ../x',
        '/d/two file 0644 3:4 "one" link#1',
      ]);
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});
