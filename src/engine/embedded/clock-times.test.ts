import { expect, test, vi } from 'vitest';
import { file } from '../../tree/testing.ts';
import { layerFromIndex, layerIndex } from '../../tree/serialize.ts';
import { markClockTimes } from './clock-times.ts';

const BELOW = {
  entries: [
    file('a', '', { mtime: 1700000000.123456, clock: true }),
    file('b', '', { mtime: 1600000000 }),
    file('c', '', { mtime: 0, clock: true }),
  ],
};

test('what stands at the same path with the same time is what it was, and nothing else is looked at', () => {
  const others = Array.from({ length: 1000 }, (_, index) => file(`d${index}`));
  const index = Buffer.concat([...layerIndex({ entries: [...BELOW.entries, ...others] })]);
  const below = layerFromIndex(index, { id: 'id' });
  const parse = vi.spyOn(JSON, 'parse');
  const marked = markClockTimes(
    [file('a', '', { mtime: 1700000000.123456 }), file('b', '', { mtime: 1600000000 })],
    below ? [below] : [],
  );
  expect(marked.map(({ clock }) => clock)).toEqual([true, undefined]);
  expect(parse.mock.calls.length).toBeLessThan(100);
  parse.mockRestore();
});

test.each([
  ['a file that was moved', { mtime: 1700000000.123456 }, true],
  ['one that went through a tar header', { mtime: 1700000000.123456 + 1e-7 }, true],
  ['one whose time is its own', { mtime: 1600000000 }, undefined],
  ['one that was marked already', { mtime: 5, clock: true }, true],
  ['one without a time', { mtime: 0 }, undefined],
])('%s', (_what, attributes, expected) => {
  expect(markClockTimes([file('x', '', attributes)], [BELOW])[0]?.clock).toBe(expected);
});
