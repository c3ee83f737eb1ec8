import { expect, test } from 'vitest';
import { largestEntries } from './large-context.ts';

const lines = (files: Readonly<Record<string, number>>): readonly string[] =>
  largestEntries(new Map(Object.entries(files))).map(({ path, bytes }) => `${path} ${bytes}`);

test('a directory counts with all that is in it', () => {
  const files = {
    'node_modules/a/x': 4,
    'node_modules/b/y': 4,
    'node_modules/c/z': 4,
    main: 3,
    'src/a': 1,
    'src/b': 1,
  };
  expect(lines(files)).toEqual(['node_modules/ 12', 'main 3', 'src/ 2']);
});

test('what makes most of a directory stands for itself', () => {
  expect(
    lines({ 'web/app/dist/a': 30, 'web/app/dist/b': 30, 'web/app/dist/c': 30, 'web/readme': 1 }),
  ).toEqual(['web/app/dist/ 90', 'web/readme 1']);
});

test('ten are told, the largest first', () => {
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`file-${index}`, index]));
  expect(lines(many)).toHaveLength(10);
  expect(lines(many)[0]).toBe('file-29 29');
  expect(lines({})).toEqual([]);
});
