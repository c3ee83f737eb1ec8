import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redact } from './redact.ts';
import { processorTime, SLOWNESS } from '../../../test/support/speed.ts';

describe('a credential is hidden', () => {
  test.each([
    ['https://user:pass@host/x', 'https://***@host/x'],
    ['https://token@host/x and http://a:b@c', 'https://***@host/x and http://***@c'],
    ['"https://user:p@ss@host"', '"https://***@host"'],
    ['https://user:pa/ss@host/x', 'https://***@host/x'],
    ['https://AWS:eyJ+x/y==@1.dkr.example:443/v2/', 'https://***@1.dkr.example:443/v2/'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: ***'],
    ['curl -H "authorization: token ghp_1" https://h', 'curl -H "authorization: ***" https://h'],
    ['{"Authorization":"Bearer abc"}', '{"Authorization":"***"}'],
    ['HTTP_AUTHORIZATION=secret', 'HTTP_AUTHORIZATION=***'],
    ['Proxy-Authorization: x\nnext', 'Proxy-Authorization: ***\nnext'],
    ['sent Bearer abc.def-ghi, got 401', 'sent Bearer ***, got 401'],
    ['BEARER\thunter', 'BEARER\t***'],
    ['with Basic dXNlcjpwYXNz', 'with Basic ***'],
    ['https://h/x?token=abc&n=1', 'https://h/x?token=***&n=1'],
    ['https://h/x?n=1&X-Amz-Signature=abc#f', 'https://h/x?n=1&X-Amz-Signature=***#f'],
    ['\u0130\u0130 https://u:p@h', '\u0130\u0130 https://***@h'],
  ])('%s', (text, expected) => {
    expect(redact(text)).toBe(expected);
  });
});

describe('what is no credential stays', () => {
  test.each([
    'https://host:8080/path@v1',
    'https://host/a@b',
    'docker-image://alpine:3.20@sha256:0123',
    'user@host',
    'Bearer realm="https://auth.example/token",service="x"',
    'no bearer token in the answer',
    'basic usage of the command',
    'forbearer of bad news',
    'https://h/x?n=1&tokens=2&token=',
    'a ? b & c',
    '',
  ])('%s', (text) => {
    expect(redact(text)).toBe(text);
  });
});

test('no secret in the user part of a URL survives, whatever surrounds it', () => {
  const word = fc.stringMatching(/^[a-z0-9%._~-]{1,12}$/);
  fc.assert(
    fc.property(fc.string(), word, word, fc.string(), (before, user, host, after) => {
      expect(redact(`${before} https://${user}:S3CRET/x@${host} ${after}`)).not.toContain('S3CRET');
      expect(redact(`${before} https://${user}:S3CRET@${host} ${after}`)).not.toContain('S3CRET');
    }),
  );
});

test.each([
  '://',
  '://a:b',
  'a://b:c?',
  'authorization',
  'authorization ',
  'bearer ',
  'basic ',
  '?token',
  '&',
  '@',
  'authorization:"',
])('a megabyte of %j takes no time', (piece) => {
  const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
  expect(processorTime(() => redact(text))).toBeLessThan(2000 * SLOWNESS);
});
