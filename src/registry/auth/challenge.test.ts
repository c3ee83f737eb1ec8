import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

const plain = (header: string | string[]) =>
  parseChallenges(header).map(({ scheme, parameters }) => ({ scheme, ...Object.fromEntries(parameters) }));

describe('a challenge', () => {
  test.each<[string | string[], object[]]>([
    ['Basic realm="Registry"', [{ scheme: 'basic', realm: 'Registry' }]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:a/b:pull,push',
        },
      ],
    ],
    ['Basic', [{ scheme: 'basic' }]],
    ['Negotiate, Basic realm=x', [{ scheme: 'negotiate' }, { scheme: 'basic', realm: 'x' }]],
    [
      'Digest realm="a, b", nonce="c\\"d", Bearer realm = "e"',
      [
        { scheme: 'digest', realm: 'a, b', nonce: 'c"d' },
        { scheme: 'bearer', realm: 'e' },
      ],
    ],
    [
      ['Basic realm="a"', 'Bearer realm="b"'],
      [
        { scheme: 'basic', realm: 'a' },
        { scheme: 'bearer', realm: 'b' },
      ],
    ],
    ['Bearer REALM="x"', [{ scheme: 'bearer', realm: 'x' }]],
    ['Bearer realm="open', [{ scheme: 'bearer' }]],
    ['=', []],
    ['', []],
  ])('%s', (header, challenges) => {
    expect(plain(header)).toEqual(challenges);
  });

  test('whatever it is, is read or left out', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
        (text) => void parseChallenges(text),
      ),
    );
  });

  test('is bounded', () => {
    expect(parseChallenges('a '.repeat(100_000)).length).toBeLessThan(5000);
  });
});
