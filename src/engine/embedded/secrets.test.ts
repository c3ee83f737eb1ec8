import { describe, expect, test } from 'vitest';
import { redactor, secretOf } from './secrets.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('a secret', () => {
  const secrets = new Map([
    ['value', { type: 'value' as const, bytes: bytes('v') }],
    ['gone', { type: 'file' as const, path: '/no/such/file' }],
    ['large', { type: 'value' as const, bytes: new Uint8Array(500 * 1024 + 1) }],
  ]);

  test('that was given', () => {
    expect(secretOf({ secrets }, { id: 'value', required: true })).toEqual(bytes('v'));
  });

  test('that was not given', () => {
    expect(secretOf({ secrets }, { id: 'none', required: false })).toBeUndefined();
    expect(() => secretOf({ secrets }, { id: 'none', required: true })).toThrow('secret none: not found');
  });

  test('that cannot be had', () => {
    expect(() => secretOf({ secrets }, { id: 'gone', required: false })).toThrow('cannot read the file');
    expect(() => secretOf({ secrets }, { id: 'large', required: false })).toThrow('larger than 500 KiB');
  });
});

describe('what is said', () => {
  test.each([
    [['hunter22'], 'it is hunter22!', 'it is ***!'],
    [['hunter22\n'], 'hunter22 hunter22', '*** ***'],
    [['line one\r\nline two\n'], 'line two, line one', '***, ***'],
    [['abc'], 'abc', 'abc'],
    [['secret', 'secretive'], 'secretive', '***'],
    [['a.c+$&x'], 'a.c+$&x abc', '*** abc'],
    [[], 'nothing', 'nothing'],
  ])('without %j: %s', (secrets, text, expected) =>
    expect(redactor(secrets.map(bytes))(text)).toBe(expected),
  );
});
