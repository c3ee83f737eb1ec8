import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { sha256 } from '../digest.ts';
import { collect, streamOf } from '../stream.ts';
import { gzip, type GzipOptions, MEMBER_BYTES } from './gzip.ts';

const MIB = 1024 * 1024;

/** Bytes that repeat about as much as a program's do; the same on every run. */
function sample(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff);
  for (let at = 0; at < size;) {
    const length = 4 + ((next() >> 8) % 60);
    const from = at - ((next() >> 8) % 60_000) - length;
    if (from >= 0 && next() & 0x400) bytes.copy(bytes, at, from, from + length);
    else
      for (let index = 0; index < length && at + index < size; index += 1) bytes[at + index] = next() >> 16;
    at += length;
  }
  return bytes;
}

function chunked(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return streamOf(...chunks);
}

const packed = (bytes: Buffer, options?: GzipOptions, chunkSize = 65_536): Promise<Buffer> =>
  collect(gzip(chunked(bytes, chunkSize), options));

describe('gzip', () => {
  it.each([0, 1, 100, 256 * 1024, 256 * 1024 + 1, MEMBER_BYTES, MEMBER_BYTES + 1, 3 * MIB + 12_345])(
    'is undone by zlib: %d bytes',
    async (size) => {
      const bytes = sample(size);
      expect(gunzipSync(await packed(bytes)).equals(bytes)).toBe(true);
    },
  );

  it('is undone by the gzip program', async () => {
    const bytes = sample(2 * MIB + 5);
    const out = execFileSync('gzip', ['-dc'], { input: await packed(bytes), maxBuffer: 4 * MIB });
    expect(out.equals(bytes)).toBe(true);
  });

  it('is undone whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 500 })), async (chunks) => {
        const whole = Buffer.concat(chunks);
        expect(gunzipSync(await collect(gzip(streamOf(...chunks))))).toEqual(whole);
      }),
    );
  });

  it('holds what cannot be compressed', async () => {
    const bytes = Buffer.concat(
      Array.from({ length: 70_000 }, (_, index) => Buffer.from(sha256(String(index)).slice(7), 'hex')),
    );
    const result = await packed(bytes);
    expect(result.length).toBeLessThan(bytes.length * 1.001);
    expect(gunzipSync(result).equals(bytes)).toBe(true);
  });

  it('gives the same bytes whatever the threads and the chunks', async () => {
    const bytes = sample(4 * MIB + 777);
    const expected = sha256(await packed(bytes));
    for (const [threads, chunkSize] of [
      [0, 65_536],
      [1, 65_536],
      [2, 4 * MIB],
      [5, 1_000_003],
      [3, 511],
    ] as const) {
      expect(sha256(await packed(bytes, { threads }, chunkSize))).toBe(expected);
    }
  });

  it('gives these bytes, on every machine and every Node', async () => {
    const bytes = sample(3 * MIB);
    const small = await packed(Buffer.from('hello\n'));
    expect([sha256(bytes), sha256(await packed(bytes)), small.toString('hex')]).toEqual([
      'sha256:e5851ac9594872f844630dc2473111a347377cb12c254cfea6fb73c447ee446d',
      'sha256:312e9d6f3da5aecbc333f9dd86bb82dd342120a91bf087fdc0b66f589d5db5ca',
      '1f8b08000000000000ff010600f9ff68656c6c6f0a20303a3606000000',
    ]);
  });

  it('writes members behind each other, each as if it were alone', async () => {
    const [first, second] = [sample(MEMBER_BYTES, 7), sample(20_000)];
    const members = [await packed(first), await packed(second)];
    expect((await packed(Buffer.concat([first, second]))).equals(Buffer.concat(members))).toBe(true);
  });

  it('takes every level there is', async () => {
    const bytes = sample(100_000);
    for (const level of [1, 2, 3, 4, 5, 6, 7, 8, 9] as const)
      expect(gunzipSync(await packed(bytes, { level })).equals(bytes)).toBe(true);
  });

  it('has a fixed header, and says how long the member was', async () => {
    const result = await packed(Buffer.from('hello'));
    expect(result.toString('hex', 0, 10)).toBe('1f8b08000000000000ff');
    expect(result.readUInt32LE(result.length - 4)).toBe(5);
  });

  it('compresses more with a higher level', async () => {
    const bytes = sample(300_000);
    expect((await packed(bytes, { level: 9 })).length).toBeLessThan(
      (await packed(bytes, { level: 1 })).length,
    );
  });

  it('works for several streams at once', async () => {
    const inputs = Array.from({ length: 4 }, (_, index) => sample(2 * MIB + index, index + 1));
    const results = await Promise.all(inputs.map((bytes) => packed(bytes, { threads: 2 })));
    for (const [index, result] of results.entries()) {
      expect(gunzipSync(result).equals(inputs[index] ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('stops when nobody reads on, and hands on what the source throws', async () => {
    let closed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(MIB);
      } finally {
        closed = true;
      }
    }
    let read = 0;
    for await (const chunk of gzip(endless())) if ((read += chunk.length) > 2000) break;
    expect(closed).toBe(true);

    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(3 * MIB);
      throw new Error('the disk is gone');
    }
    await expect(collect(gzip(failing()))).rejects.toThrow('the disk is gone');
  });
});
