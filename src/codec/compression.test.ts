import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DecantError } from '../errors.ts';
import {
  type Compression,
  decompress,
  decompressAuto,
  type DecompressLimits,
  detectCompression,
} from './compression.ts';
import { gzip } from './gzip/gzip.ts';
import { collect, streamOf } from './stream.ts';

type Compressed = Exclude<Compression, 'none'>;

const TEXT = Buffer.from(Array.from({ length: 40_000 }, (_, index) => `${index * 7919}\n`).join(''));
const KINDS: readonly Compressed[] = ['gzip', 'zstd', 'xz', 'bzip2'];

function pack(kind: Compressed, bytes: Buffer, ...flags: string[]): Buffer {
  if (kind === 'gzip') return gzipSync(bytes);
  return execFileSync(kind, ['-c', ...flags], { input: bytes, maxBuffer: 1e9 });
}

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** The content, or the code of the error that ended it. */
async function outcome(bytes: Buffer, kind: Compression, limits?: DecompressLimits): Promise<string> {
  try {
    const content = await collect(decompress(inChunks(bytes, 1000), kind, limits));
    return content.equals(TEXT) ? 'the text' : `${content.length} bytes`;
  } catch (error) {
    if (error instanceof DecantError) return error.code;
    throw error;
  }
}

describe('detectCompression', () => {
  it.each<[string, Buffer, Compression]>([
    ...KINDS.map((kind): [string, Buffer, Compression] => [kind, pack(kind, TEXT), kind]),
    ['bzip2 of nothing', pack('bzip2', Buffer.alloc(0)), 'bzip2'],
    ['a skippable zstd frame', Buffer.from('5d2a4d1800000000', 'hex'), 'zstd'],
    ['nothing', Buffer.alloc(0), 'none'],
    ['half a magic number', Buffer.from('1f8b', 'hex'), 'none'],
    ['a tar of a file that is called like bzip2', Buffer.from('BZh9-notes\0'), 'none'],
  ])('knows %s', (_, bytes, kind) => {
    expect(detectCompression(bytes)).toBe(kind);
  });
});

describe.each(KINDS)('decompress %s', (kind) => {
  const packed = pack(kind, TEXT);

  it.each([100, 4096, 1e9])('gives the content back, in chunks of %d bytes', async (size) => {
    expect((await collect(decompress(inChunks(packed, size), kind))).equals(TEXT)).toBe(true);
    expect((await collect(decompressAuto(inChunks(packed, size)))).equals(TEXT)).toBe(true);
  });

  it('gives the content back byte by byte', async () => {
    const short = TEXT.subarray(0, 3000);
    expect((await collect(decompressAuto(inChunks(pack(kind, short), 1)))).equals(short)).toBe(true);
  });

  it('gives nothing back for nothing packed', async () => {
    expect(await outcome(pack(kind, Buffer.alloc(0)), kind)).toBe('0 bytes');
  });

  it('reads streams that follow one another', async () => {
    const [first, second] = [pack(kind, TEXT.subarray(0, 1000)), pack(kind, TEXT.subarray(1000))];
    const empty = pack(kind, Buffer.alloc(0));
    expect(await outcome(Buffer.concat([first, empty, second]), kind)).toBe('the text');
  });

  it.each([1, 3, 9, 1000, packed.length - 12, packed.length])(
    'refuses a stream that lacks its last %d bytes',
    async (missing) => {
      expect(await outcome(packed.subarray(0, packed.length - missing), kind)).toBe('ARCHIVE_INVALID');
    },
  );

  it('refuses a second stream that is cut off', async () => {
    const twice = Buffer.concat([packed, packed.subarray(0, packed.length - 30)]);
    expect(await outcome(twice, kind)).toBe('ARCHIVE_INVALID');
  });

  it('never fails in another way, whatever bytes are changed', async () => {
    const change = fc.tuple(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const bytes = Buffer.from(packed);
        for (const [at, value] of changes) bytes[at] = (bytes[at] ?? 0) ^ value;
        expect(await outcome(bytes, kind, { maxBytes: 1e7 })).toMatch(/^the text$|bytes$|^ARCHIVE_/);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses garbage', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        expect(await outcome(Buffer.from(bytes), kind)).toBe('ARCHIVE_INVALID');
      }),
      { numRuns: 50 },
    );
  });

  it('stops at the bounds', async () => {
    const zeros = pack(kind, Buffer.alloc(5_000_000));
    expect(await outcome(zeros, kind)).toBe('5000000 bytes');
    expect(await outcome(zeros, kind, { maxBytes: 5_000_000 })).toBe('5000000 bytes');
    expect(await outcome(zeros, kind, { maxBytes: 4_999_999 })).toBe('ARCHIVE_TOO_LARGE');
    expect(await outcome(zeros, kind, { maxRatio: 100 })).toBe('ARCHIVE_TOO_LARGE');
    expect(await outcome(packed, kind, { maxRatio: 100 })).toBe('the text');
  });

  it('hands on what the source throws', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield packed.subarray(0, 100);
      throw new Error('connection lost');
    }
    await expect(collect(decompressAuto(failing()))).rejects.toThrow('connection lost');
  });

  it('closes the source when nobody reads on', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield packed;
      } finally {
        closed = true;
      }
    }
    for await (const chunk of decompressAuto(endless())) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => closed, { timeout: 60_000 }).toBe(true);
    expect(await outcome(packed, kind)).toBe('the text');
  });
});

describe('decompress', () => {
  it('passes on what is not compressed, within the bounds', async () => {
    expect(await outcome(TEXT, 'none')).toBe('the text');
    expect((await collect(decompressAuto(streamOf()))).length).toBe(0);
    expect(await outcome(TEXT, 'none', { maxBytes: 1000 })).toBe('ARCHIVE_TOO_LARGE');
  });

  it('names the stream in its errors', async () => {
    const source = streamOf(Buffer.from('no gzip'));
    await expect(collect(decompress(source, 'gzip', { name: 'layer 2' }))).rejects.toThrow(
      /^layer 2: the gzip data is damaged or cut off \(/,
    );
  });

  it('reads what this program writes', async () => {
    expect((await collect(decompressAuto(gzip(streamOf(TEXT))))).equals(TEXT)).toBe(true);
  });

  it('reads Zstandard frames of every form', async () => {
    const big = Buffer.concat(Array.from({ length: 12 }, () => TEXT));
    for (const flags of [
      ['-1'],
      ['-19'],
      ['--no-check'],
      ['--no-content-size'],
      ['-22', '--ultra'],
      ['--long=27'],
    ]) {
      const content = await collect(decompress(streamOf(pack('zstd', big, ...flags)), 'zstd'));
      expect(content.equals(big)).toBe(true);
    }
  });

  it('skips what Zstandard frames say is to be skipped', async () => {
    const skippable = Buffer.concat([Buffer.from('502a4d1803000000', 'hex'), Buffer.from('abc')]);
    const bytes = Buffer.concat([skippable, pack('zstd', TEXT), skippable]);
    expect(await outcome(bytes, 'zstd')).toBe('the text');
    expect(await outcome(bytes.subarray(0, bytes.length - 1), 'zstd')).toBe('ARCHIVE_INVALID');
  });

  it('refuses windows that would take too much memory', async () => {
    expect(await outcome(pack('zstd', TEXT, '--long=31', '--no-content-size'), 'zstd')).toBe(
      'ARCHIVE_INVALID',
    );
    expect(await outcome(pack('xz', TEXT, '--lzma2=dict=1536MiB'), 'xz')).toBe('ARCHIVE_INVALID');
  });

  it('says what an xz stream has that is not supported', async () => {
    const bytes = pack('xz', TEXT, '--check=sha256');
    await expect(collect(decompress(streamOf(bytes), 'xz'))).rejects.toThrow(
      /a filter or a check that is not supported/,
    );
  });

  it('stops bzip2 data that grows at once, before it is all in memory', async () => {
    const block = pack('bzip2', Buffer.alloc(45_000_000));
    const bomb = Buffer.concat([block, block, block, block]);
    expect(bomb.length).toBeLessThan(1000);
    expect(await outcome(bomb, 'bzip2')).toBe('ARCHIVE_TOO_LARGE');
  });

  it('reads two xz streams at once', async () => {
    const packed = pack('xz', TEXT);
    expect(await Promise.all([outcome(packed, 'xz'), outcome(packed, 'xz')])).toEqual([
      'the text',
      'the text',
    ]);
  });
});
