import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, streamOf } from '../codec/stream.ts';
import { readTar } from '../codec/tar/tar.ts';
import type { Entry, FileEntry, Layer } from './entry.ts';
import { layerFromTar } from './from-tar.ts';
import { makeLayer } from './layer.ts';
import { packLayer, packedTime } from './pack.ts';
import type { PackOptions } from './pack.ts';
import { anyLayer, bytesOf, directory, file, link, whiteout } from './testing.ts';

async function pack(layer: Layer, options: Partial<PackOptions> = {}): Promise<Buffer> {
  return collect(packLayer(layer, { open: bytesOf, ...options }));
}

/** The layer that the bytes are read as, its contents filled in. */
async function unpack(bytes: Buffer): Promise<Layer> {
  const layer = await layerFromTar(streamOf(bytes), {
    what: 'x',
    content: (offset) => ({ kind: 'blob', blob: 'b', offset }),
    whiteouts: true,
    absolute: 'root',
  });
  return makeLayer(
    layer.entries.map((entry) => {
      if (entry.type !== 'file' || entry.content.kind !== 'blob') return entry;
      const at = entry.content.offset;
      return { ...entry, content: { kind: 'inline' as const, bytes: bytes.subarray(at, at + entry.size) } };
    }),
  );
}

/** What is to survive packing: groups of links by their first path, contents as text. */
function essence(layer: Layer): unknown[] {
  const groups = new Map<string, string[]>();
  for (const entry of layer.entries)
    if (entry.type === 'file' && entry.link !== undefined)
      groups.set(entry.link, [...(groups.get(entry.link) ?? []), entry.path]);
  return layer.entries.map((entry) => {
    const xattrs = Object.entries(entry.xattrs ?? {})
      .map(([name, value]) => [name, Buffer.from(value).toString('hex')].join('='))
      .sort();
    if (entry.type !== 'file') return { ...entry, xattrs };
    const { link, content: _content, ...rest } = entry;
    const group = link === undefined ? [] : (groups.get(link) ?? []);
    return {
      ...rest,
      xattrs,
      bytes: Buffer.from(bytesOf(entry)).toString('hex'),
      links: group.length > 1 ? group : [],
    };
  });
}

/** A line for each member: type, path, size, time, link target. */
async function members(bytes: Buffer): Promise<string[]> {
  const lines: string[] = [];
  for await (const { header } of readTar(streamOf(bytes)))
    lines.push(`${header.type} ${header.path} ${header.size} ${header.mtime} ${header.linkname}`.trimEnd());
  return lines;
}

describe('packing', () => {
  it('and reading again gives the layer back, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(anyLayer(), async (layer) => {
        expect(essence(await unpack(await pack(layer)))).toEqual(essence(layer));
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same bytes for the same entries, in whatever order they come and however contents are read', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyLayer().chain(({ entries }) =>
          fc.tuple(
            fc.shuffledSubarray([...entries], { minLength: entries.length }),
            fc.integer({ min: 1, max: 64 }),
          ),
        ),
        async ([entries, size]) => {
          async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
            for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
          }
          const bytes = await pack(makeLayer(entries.toReversed()));
          expect(await pack(makeLayer(entries), { open: (entry) => inPieces(bytesOf(entry)) })).toEqual(
            bytes,
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('gives the same bytes where contents are read into one memory again and again', async () => {
    const sizes = [0, 1, 511, 100_000, 262_143, 262_144, 262_145, 600_000, 3, 1_000_000];
    const layer = makeLayer(sizes.map((size, index) => file(`f${index}`, String(index).repeat(size))));
    const open = (entry: FileEntry, room?: Buffer) => {
      const bytes = Buffer.from(bytesOf(entry));
      if (!room) return bytes;
      return bytes.length > room.length ? inRoom(bytes, room) : room.subarray(0, bytes.copy(room));
    };
    async function* inRoom(bytes: Buffer, room: Buffer): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += room.length)
        yield room.subarray(0, bytes.copy(room, 0, at, at + room.length));
    }
    const copies: Buffer[] = [];
    for await (const chunk of packLayer(layer, { open, reusesChunks: true })) copies.push(Buffer.from(chunk));
    expect(Buffer.concat(copies).equals(await pack(layer))).toBe(true);
  });

  it('lists members in path order, the root first, and is over with two zero blocks', async () => {
    const bytes = await pack(
      makeLayer([
        file('b', 'bb'),
        file('a/x', 'x'),
        file('a-b'),
        directory('a'),
        directory(''),
        link('l', '../x'),
      ]),
    );
    expect(await members(bytes)).toEqual([
      'directory ./ 0 0',
      'directory a/ 0 0',
      'file a-b 0 0',
      'file a/x 1 0',
      'file b 2 0',
      'symlink l 0 0 ../x',
    ]);
    expect(bytes.length).toBe((6 + 2 + 2) * 512);
    expect(await pack(makeLayer([]))).toEqual(Buffer.alloc(1024));
  });

  it('has a file of several links once, under the first of its names', async () => {
    const group = { link: 'g', xattrs: { 'user.x': Buffer.from('1') }, uid: 3 };
    const opened: string[] = [];
    const open = (entry: FileEntry) => {
      opened.push(entry.path);
      return bytesOf(entry);
    };
    const layer = makeLayer([
      file('z', 'xyz', group),
      file('m', 'xyz', group),
      file('n', 'xyz', { link: 'other' }),
    ]);
    const bytes = await pack(layer, { open });
    expect(await members(bytes)).toEqual(['file m 3 0', 'file n 3 0', 'link z 0 0 m']);
    expect(opened).toEqual(['m', 'n']);
  });

  it('writes whiteouts and marks opaque directories right after them', async () => {
    const entries = [whiteout('gone'), whiteout('d/gone'), directory('d', { opaque: true }), file('d/a')];
    expect(await members(await pack(makeLayer([...entries, directory('', { opaque: true })])))).toEqual([
      'directory ./ 0 0',
      'file .wh..wh..opq 0 0',
      'directory d/ 0 0',
      'file d/.wh..wh..opq 0 0',
      'file d/a 0 0',
      'file d/.wh.gone 0 0',
      'file .wh.gone 0 0',
    ]);
  });

  it.each(['.wh.x', 'd/.wh..wh..opq', '.wh.d/x', '.wh.'])(
    'refuses the name %s, which would remove something',
    async (path) => {
      await expect(pack(makeLayer([file(path)]))).rejects.toThrow(
        expect.objectContaining({
          code: 'COPY_FAILED',
          message: `"/${path}" cannot be kept in an image: its name would remove a file`,
        }),
      );
      const harmless = path.replaceAll('.wh.', 'x.wh.');
      expect(await members(await pack(makeLayer([file(harmless)])))).toHaveLength(1);
    },
  );
});

describe('contents that are not what was said', () => {
  async function* pieces(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) yield Buffer.from(text);
  }
  it.each<[string, () => ReturnType<PackOptions['open']>, number]>([
    ['a file that has grown', () => Buffer.from('longer'), 6],
    ['one that has shrunk', () => Buffer.from('x'), 1],
    ['one that has grown, as a stream', () => pieces('ab', 'cd', 'never read'), 4],
    ['one that has shrunk, as a stream', () => pieces('a', 'b'), 2],
    ['one that is gone', () => pieces(), 0],
  ])('%s', async (_, open, became) => {
    await expect(pack(makeLayer([file('d/f', 'abc')]), { open })).rejects.toThrow(
      expect.objectContaining({
        code: 'COPY_FAILED',
        message: `"/d/f" changed while it was read: 3 bytes became ${became}`,
      }),
    );
  });

  it('are closed, and their errors passed on', async () => {
    let closed = false;
    async function* broken(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('abcdef');
      } finally {
        closed = true;
      }
    }
    await expect(pack(makeLayer([file('f', 'abc')]), { open: broken })).rejects.toThrow(
      'changed while it was read',
    );
    expect(closed).toBe(true);
    const open = () => {
      throw new Error('unreadable');
    };
    await expect(pack(makeLayer([file('f', 'abc')]), { open })).rejects.toThrow('unreadable');
  });
});

describe('times', () => {
  const clock = { clock: true };
  it.each<[string, Entry, number | undefined, number]>([
    ['stay what they are', file('a', '', { mtime: 100 }), undefined, 100],
    ['lose their fraction, downwards', file('a', '', { mtime: 100.9 }), undefined, 100],
    ['lose it downwards before 1970 too', file('a', '', { mtime: -0.5 }), undefined, -1],
    ['are zero where they are the clock’s', file('a', '', { mtime: 1e9, ...clock }), undefined, 0],
    ['are the epoch’s where they are the clock’s', file('a', '', { mtime: 1e9, ...clock }), 500, 500],
    ['of the clock are the epoch’s though earlier', directory('a', { mtime: 1, ...clock }), 500, 500],
    ['are not later than the epoch', link('a', 'b', { mtime: 501 }), 500, 500],
    ['may be earlier', link('a', 'b', { mtime: 499.5 }), 500, 499],
    ['may be the epoch zero', file('a', '', { mtime: 499 }), 0, 0],
  ])('%s', async (_, entry, epoch, time) => {
    expect(packedTime(entry, epoch)).toBe(time);
    const [line] = await members(await pack(makeLayer([entry]), { epoch }));
    expect(line?.split(' ')[3]).toBe(String(time));
  });
});

describe('pieces', () => {
  it('give the same bytes in memory that is used again, with contents that are read into it', async () => {
    const sizes = [0, 1, 511, 200_000, 262_143, 262_144, 100_000, 300_000, 5];
    const layer = makeLayer(sizes.map((size, at) => file(`f${at}`, String(at).repeat(size))));
    const open = (entry: FileEntry, room?: Buffer): Uint8Array => {
      const bytes = bytesOf(entry);
      if (!room || room.length < bytes.length) return bytes;
      room.set(bytes);
      return room.subarray(0, bytes.length);
    };
    const parts: Buffer[] = [];
    for await (const chunk of packLayer(layer, { open, reusesChunks: true })) parts.push(Buffer.from(chunk));
    expect(Buffer.concat(parts).equals(await pack(layer))).toBe(true);
  });

  it('are neither many for small files nor large for large ones', async () => {
    const MEGABYTE = 1024 * 1024;
    async function* zeros(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 64; at++) yield Buffer.alloc(MEGABYTE);
    }
    const small = Array.from({ length: 2000 }, (_, at) => file(`s${at}`, 'x'));
    const large: FileEntry = { ...file('large'), size: 64 * MEGABYTE };
    let [count, most] = [0, 0];
    const open = (entry: FileEntry) => (entry === large ? zeros() : bytesOf(entry));
    for await (const chunk of packLayer(makeLayer([...small, large]), { open })) {
      count++;
      most = Math.max(most, chunk.length);
    }
    expect(most).toBeLessThanOrEqual(MEGABYTE);
    expect(count).toBeLessThan(64 + 12);
  });
});

describe('GNU tar', () => {
  it('lists what was packed', async () => {
    const group = { link: 'g', uid: 3_000_000, gid: 7 };
    const bytes = await pack(
      makeLayer([
        directory('etc', { mode: 0o1777, mtime: 86_400 }),
        file('etc/passwd', 'root', { mode: 0o4755, uid: 1, gid: 2, mtime: 1_700_000_000 }),
        file('etc/a', 'same', group),
        file('etc/b', 'same', group),
        link('etc/soft', '../x'),
        { ...directory('null', { mode: 0o666 }), type: 'char', major: 1, minor: 3 },
        { ...directory('sda', { mode: 0o660, gid: 6 }), type: 'block', major: 8, minor: 300 },
        { ...directory('pipe', { mode: 0o600 }), type: 'fifo' },
        file(`${'deep/'.repeat(40)}caf\uDCE9`, '12345', {
          xattrs: { 'security.capability': Buffer.from([1, 0, 10, 255]) },
        }),
        whiteout('gone'),
      ]),
    );
    const listed = execFileSync('tar', ['-tvf', '-', '--numeric-owner', '--utc', '--quoting-style=escape'], {
      input: bytes,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    expect(
      listed
        .trimEnd()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ')),
    ).toEqual([
      `-rw-r--r-- 0/0 5 1970-01-01 00:00 ${'deep/'.repeat(40)}caf\\351`,
      'drwxrwxrwt 0/0 0 1970-01-02 00:00 etc/',
      '-rw-r--r-- 3000000/7 4 1970-01-01 00:00 etc/a',
      'hrw-r--r-- 3000000/7 0 1970-01-01 00:00 etc/b link to etc/a',
      '-rwsr-xr-x 1/2 4 2023-11-14 22:13 etc/passwd',
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00 etc/soft -> ../x',
      '---------- 0/0 0 1970-01-01 00:00 .wh.gone',
      'crw-rw-rw- 0/0 1,3 1970-01-01 00:00 null',
      'prw------- 0/0 0 1970-01-01 00:00 pipe',
      'brw-rw---- 0/6 8,300 1970-01-01 00:00 sda',
    ]);
  });
});
