import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { DecantError } from '../errors.ts';
import { decodePath, encodePath, isPlainPath } from './path.ts';

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('decodePath', () => {
  it.each([
    ['ASCII', '612f62', 'a/b'],
    ['two, three and four byte sequences', 'c3a9 e282ac f09f98 80', 'é€😀'],
    ['a byte order mark, which is part of the name', 'efbbbf 61', '\uFEFFa'],
    ['a replacement character that is in the name', 'efbfbd', '\uFFFD'],
    ['Latin-1', '63 61 66 e9', 'caf\uDCE9'],
    ['a replacement character beside a bad byte', 'efbfbd ff', '\uFFFD\uDCFF'],
    ['an overlong slash', 'c0af', '\uDCC0\uDCAF'],
    ['an encoded surrogate', 'eda080', '\uDCED\uDCA0\uDC80'],
    ['a sequence cut off', 'e282', '\uDCE2\uDC82'],
    ['beyond the last code point', 'f4908080', '\uDCF4\uDC90\uDC80\uDC80'],
  ])('reads %s', (_, hex, text) => {
    expect(decodePath(bytes(hex))).toBe(text);
    expect(encodePath(text)).toEqual(bytes(hex));
  });

  it('loses nothing, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (input) => {
        expect(encodePath(decodePath(input))).toEqual(Buffer.from(input));
      }),
    );
  });

  it('gives the text back, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodePath(encodePath(text))).toBe(text);
        expect(isPlainPath(text)).toBe(true);
      }),
    );
  });
});

describe('encodePath', () => {
  it.each(['\uD800', 'a\uDC00', '\uDC7F/x', '\uDD00'])(
    'refuses a surrogate that stands for no byte (%j)',
    (text) => {
      expect(() => encodePath(text)).toThrow(DecantError);
      expect(isPlainPath(text)).toBe(false);
    },
  );
});
