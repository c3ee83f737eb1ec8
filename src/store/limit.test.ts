import { expect, test } from 'vitest';
import { keepWithin } from './limit.ts';

const item = (name: string, usedMs: number, bytes: number, ...refs: readonly string[]) => {
  return { item: name, usedMs, bytes, refs };
};
const sizes: Readonly<Record<string, number>> = { big: 50, small: 5, image: 0 };
const keep = (maxBytes: number, ...items: readonly ReturnType<typeof item>[]): readonly string[] => [
  ...keepWithin(items, (ref) => sizes[ref] ?? 0, maxBytes),
];

test.each([
  [120, ['new', 'mid', 'old']],
  [60, ['new', 'mid']],
  [10, ['new']],
  [0, []],
])('within %d bytes what was used last is kept', (maxBytes, expected) => {
  const items = [item('old', 1, 1, 'big'), item('new', 3, 5, 'small'), item('mid', 2, 50)];
  expect(keep(maxBytes, ...items)).toEqual(expected);
});

test('what several share counts once', () => {
  expect(keep(52, item('a', 2, 1, 'big'), item('b', 1, 1, 'big'))).toEqual(['a', 'b']);
});

test('what is there anyway costs nothing', () => {
  expect(keep(1, item('a', 1, 1, 'image'))).toEqual(['a']);
});

test('nothing older is kept than what had no room', () => {
  expect(keep(20, item('new', 3, 10), item('mid', 2, 50), item('old', 1, 1))).toEqual(['new']);
});

test('a limit can follow from what there is, what several share counted once', () => {
  const items = [item('new', 3, 10), item('old', 2, 20, 'big'), item('older', 1, 1, 'big')];
  let asked = 0;
  const kept = keepWithin(
    items,
    (ref) => sizes[ref] ?? 0,
    (total) => (asked = total) - 60,
  );
  expect(asked).toBe(81);
  expect([...kept]).toEqual(['new']);
});
