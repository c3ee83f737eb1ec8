import { expect, test } from 'vitest';
import { takenFiles } from './large-context.ts';

/** Sizes in megabytes. */
const lines = (files: Readonly<Record<string, number>>): readonly string[] => {
  const taken = takenFiles();
  for (const [path, size] of Object.entries(files)) taken.add(path, size * 1e6);
  return taken.largest().map(({ path, bytes }) => `${path} ${bytes / 1e6}`);
};

test('a directory counts with all that is in it', () => {
  const files = {
    'node_modules/a/x': 4,
    'node_modules/b/y': 4,
    main: 3,
    'node_modules/c/z': 4,
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
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`d/file-${index}`, index]));
  expect(lines({ ...many, 'd/most': 1000 })).toEqual([
    'd/most 1000',
    ...Array.from({ length: 9 }, (_, index) => `d/file-${29 - index} ${29 - index}`),
  ]);
  expect(lines({})).toEqual([]);
});

test('small files count in their directory, and are not told one by one', () => {
  expect(lines({ 'a/x': 0.04, 'a/y': 0.04, b: 0.04 })).toEqual(['a/ 0.08']);
});
