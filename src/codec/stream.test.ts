import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ByteReader, collect, streamOf } from './stream.ts';

describe('ByteReader', () => {
  it('gives the same bytes in any amounts, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.array(fc.tuple(fc.constantFrom('fill', 'some', 'skip'), fc.integer({ min: 1, max: 30 }))),
        async (chunks, requests) => {
          const whole = Buffer.concat(chunks);
          const reader = new ByteReader(streamOf(...chunks));
          for (const [way, count] of requests) {
            const at = reader.offset;
            const left = Math.min(count, whole.length - at);
            if (way === 'fill') {
              expect(Math.min(await reader.fill(count), count)).toBe(left);
              expect(reader.peek(count)).toEqual(whole.subarray(at, at + left));
              expect(reader.take(count)).toEqual(whole.subarray(at, at + left));
            } else if (way === 'some') {
              const bytes = await reader.some(count);
              expect(bytes.length > 0).toBe(left > 0);
              expect(bytes).toEqual(whole.subarray(at, at + bytes.length));
            } else {
              expect(await reader.skip(count)).toBe(count - left);
              expect(reader.offset).toBe(at + left);
            }
          }
          const { offset } = reader;
          expect(await collect(reader.rest())).toEqual(whole.subarray(offset));
        },
      ),
    );
  });

  it('tells the source when it is closed early', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(10);
      } finally {
        closed = true;
      }
    }
    const reader = new ByteReader(source());
    await reader.fill(25);
    await reader.close();
    expect(closed).toBe(true);
  });
});

describe('collect', () => {
  it('joins chunks, up to a limit', async () => {
    expect((await collect(streamOf(Buffer.from('ab'), Buffer.from('c')), 3)).toString()).toBe('abc');
    await expect(collect(streamOf(Buffer.from('abcd')), 3, () => new Error('too much'))).rejects.toThrow(
      'too much',
    );
  });
});
