import { describe, expect, test } from 'vitest';
import { parseLimit, setLimit } from './limits.ts';

describe('--ulimit', () => {
  test.each([
    ['nofile=1024', { name: 'nofile', soft: 1024, hard: 1024 }],
    ['nofile=1024:2048', { name: 'nofile', soft: 1024, hard: 2048 }],
    ['core=0:-1', { name: 'core', soft: 0, hard: -1 }],
    ['memlock=-1', { name: 'memlock', soft: -1, hard: -1 }],
  ])('%s', (text, limit) => expect(parseLimit(text)).toEqual(limit));

  test.each([
    ['files=1', 'is not a limit'],
    ['nofile', 'is not a limit'],
    ['nofile=', 'is not a limit'],
    ['nofile=1:', 'is not a limit'],
    ['constructor=1', 'is not a limit'],
    ['nofile=2:1', 'above the hard one'],
    ['nofile=-1:1', 'above the hard one'],
  ])('%s is refused', (text, message) => expect(() => parseLimit(text)).toThrow(message));
});

test('a limit is two 64-bit numbers, all ones for none', () => {
  const { call, args } = setLimit({ name: 'nofile', soft: 1, hard: -1 });
  expect([call, args[0], args[1]]).toEqual(['prlimit64', 0, 7]);
  expect(Buffer.from(args[2] as Uint8Array).toString('hex')).toBe(`0100000000000000${'ff'.repeat(8)}`);
});
