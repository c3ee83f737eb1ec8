import { execFileSync } from 'node:child_process';

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { decompress } from '../compression.ts';
import { sha256 } from '../digest.ts';
import { collect, streamOf } from '../stream.ts';
import { FRAME_BYTES, zstd } from './zstd.ts';
import type { ZstdOptions } from './zstd.ts';

/** Bytes that repeat about as much as a program's do; the same on every run. */
function sample(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let state = 1;
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

const packed = (bytes: Buffer, options?: ZstdOptions, chunkSize = 65_536): Promise<Buffer> =>
  collect(zstd(chunked(bytes, chunkSize), options));
const unpacked = (bytes: Buffer): Promise<Buffer> => collect(decompress(streamOf(bytes), 'zstd'));

describe('zstd', () => {
  it.each([0, 1, 256 * 1024, 256 * 1024 + 1, FRAME_BYTES, FRAME_BYTES + 1])(
    'is undone: %d bytes',
    async (size) => {
      const bytes = sample(size);
      expect((await unpacked(await packed(bytes))).equals(bytes)).toBe(true);
    },
  );

  it('is undone by the zstd program, at any level', async () => {
    const bytes = sample(FRAME_BYTES + 5);
    for (const level of [1, 6]) {
      const input = await packed(bytes, { level });
      const out = execFileSync('zstd', ['-dc'], { input, maxBuffer: 4 * FRAME_BYTES });
      expect(out.equals(bytes)).toBe(true);
    }
  });

  it('is undone whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 500 })), async (chunks) => {
        const whole = Buffer.concat(chunks);
        expect(await unpacked(await collect(zstd(streamOf(...chunks))))).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same bytes however many threads work and however the input comes', async () => {
    const bytes = sample(FRAME_BYTES + 77_777);
    const once = await packed(bytes);
    expect((await packed(bytes, { threads: 1 }, 1_000_000)).equals(once)).toBe(true);
    expect((await packed(bytes, { threads: 3 }, 4099)).equals(once)).toBe(true);
  });

  it('gives these bytes, on every machine and every Node', async () => {
    const bytes = sample(FRAME_BYTES + 100_000);
    expect(sha256(await packed(bytes))).toBe(
      'sha256:fca8fa70d6630d8c8f2f5adec3642ddf721abf8c2dd61352a6ee708febb2d3ad',
    );
  });

  it('is smaller at a higher level', async () => {
    const bytes = sample(200_000);
    const sizes = await Promise.all([1, 3, 19].map(async (level) => (await packed(bytes, { level })).length));
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  });

  it('passes on what the source throws', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a');
      throw new Error('the source');
    }
    await expect(collect(zstd(failing()))).rejects.toThrow('the source');
  });
});
