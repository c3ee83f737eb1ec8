import { expect, test } from 'vitest';
import { subordinateRange } from './subordinate.ts';

test.each([
  ['', undefined],
  ['ann:100000:65536\n', { outside: 100000, count: 65536 }],
  ['bob:1:2\nann:100000:65536', { outside: 100000, count: 65536 }],
  ['1001:5000:10', { outside: 5000, count: 10 }],
  ['ann:1000:10\nann:2000:100\n1001:3000:100', { outside: 2000, count: 100 }],
  ['# ann:1:1\nanne:1:1\nann:x:1\nann:1\nann:1:0', undefined],
])('%j', (text, expected) => {
  expect(subordinateRange(text, 1001, 'ann')).toEqual(expected);
});
