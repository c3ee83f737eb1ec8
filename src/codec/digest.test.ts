import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DecantError } from '../errors.ts';
import { digestOf, type Expected, isDigest, sha256, verified } from './digest.ts';
import { collect, streamOf } from './stream.ts';

const HELLO = 'sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const chunks = (...texts: string[]): AsyncIterable<Uint8Array> =>
  streamOf(...texts.map((text) => Buffer.from(text)));

/** What came out before the stream ended or failed, and the error's code if it failed. */
async function outcome(
  source: AsyncIterable<Uint8Array>,
  expected: Expected,
): Promise<{ text: string; code?: string }> {
  let text = '';
  try {
    for await (const chunk of verified(source, expected, 'blob')) text += Buffer.from(chunk).toString();
  } catch (error) {
    if (!(error instanceof DecantError)) throw error;
    return { text, code: error.code };
  }
  return { text };
}

describe('digests', () => {
  it('are sha256 in hexadecimal', async () => {
    expect(sha256('hello')).toBe(HELLO);
    expect(await digestOf(chunks('he', '', 'llo'))).toEqual({ digest: HELLO, size: 5 });
    expect(await digestOf(chunks())).toEqual({ digest: EMPTY, size: 0 });
  });

  it.each([
    [HELLO, true],
    [`sha512:${'a'.repeat(128)}`, true],
    [HELLO.toUpperCase(), false],
    ['sha256:abc', false],
    [`md5:${'a'.repeat(32)}`, false],
    [`constructor:${'a'.repeat(64)}`, false],
    [`${HELLO}\n`, false],
  ])('%j is one: %s', (text, is) => {
    expect(isDigest(text)).toBe(is);
  });
});

describe('verified', () => {
  it.each<[string, AsyncIterable<Uint8Array>, Expected, { text: string; code?: string }]>([
    ['what agrees', chunks('he', 'llo'), { digest: HELLO, size: 5 }, { text: 'hello' }],
    ['nothing, when nothing is expected', chunks(), { digest: EMPTY, size: 0 }, { text: '' }],
    ['anything, when nothing is known', chunks('x'), {}, { text: 'x' }],
    [
      'no last chunk of a wrong digest',
      chunks('he', 'llO'),
      { digest: HELLO },
      { text: 'he', code: 'DIGEST_MISMATCH' },
    ],
    [
      'no byte of a single wrong chunk',
      chunks('hellO'),
      { digest: HELLO },
      { text: '', code: 'DIGEST_MISMATCH' },
    ],
    [
      'no last chunk of a short stream',
      chunks('he', 'll'),
      { size: 5 },
      { text: 'he', code: 'DIGEST_MISMATCH' },
    ],
    [
      'nothing beyond the size',
      chunks('he', 'llo', '!'),
      { size: 5 },
      { text: 'he', code: 'DIGEST_MISMATCH' },
    ],
    [
      'nothing for a digest it cannot check',
      chunks('hello'),
      { digest: 'md5:00' },
      { text: '', code: 'DIGEST_MISMATCH' },
    ],
  ])('hands out %s', async (_, source, expected, result) => {
    expect(await outcome(source, expected)).toEqual(result);
  });

  it('stops an endless stream at the size it should have', async () => {
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) yield Buffer.alloc(1000);
    }
    expect((await outcome(endless(), { size: 2500 })).code).toBe('DIGEST_MISMATCH');
  });

  it('names the object and both digests', async () => {
    await expect(collect(verified(chunks('x'), { digest: HELLO }, 'layer 3 of app'))).rejects.toThrow(
      /layer 3 of app .* sha256:2d711642.* not sha256:2cf24dba/,
    );
  });

  it('does not change the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 20 })), async (parts) => {
        const whole = Buffer.concat(parts);
        const checked = verified(streamOf(...parts), { digest: sha256(whole), size: whole.length }, 'x');
        expect(await collect(checked)).toEqual(whole);
      }),
    );
  });
});
