import { describe, expect, test } from 'vitest';
import { DecantError } from '../errors.ts';
import { readYaml } from './reader.ts';
import type { Reader } from './reader.ts';

const KEYS = ['name', 'colour', 'count', 'quiet', 'names', 'reasons', 'inner', 'inners'];
const read = (text: string): Reader =>
  readYaml({ text, file: 'file.yaml', what: 'a test', code: 'RECIPE_INVALID' }, KEYS);

test('each value is of the kind that is asked for', () => {
  const reader = read(
    [
      'name: 007',
      'colour: red',
      'count: 12',
      'quiet: false',
      'names: [one, 2]',
      'reasons: { a: because, b: 3 }',
      'inner: { name: x }',
      'inners: [{ count: 1 }, { count: 2 }]',
    ].join('\n'),
  );
  expect(reader.text('name')).toBe('007');
  expect(reader.word('colour', ['red', 'blue'])).toBe('red');
  expect(reader.number('count')).toBe(12);
  expect(reader.flag('quiet')).toBe(false);
  expect(reader.texts('names')).toEqual(['one', '2']);
  expect(reader.pairs('reasons')).toEqual([
    ['a', 'because'],
    ['b', '3'],
  ]);
  expect(reader.map('inner', ['name'])?.text('name')).toBe('x');
  expect(reader.maps('inners', ['count']).map((inner) => inner.number('count'))).toEqual([1, 2]);
});

test('what is not there is undefined or empty', () => {
  const reader = read('name:\n');
  expect([reader.text('name'), reader.has('name'), reader.flag('quiet'), reader.map('inner', [])]).toEqual([
    undefined,
    false,
    undefined,
    undefined,
  ]);
  expect([reader.texts('names'), reader.pairs('reasons'), reader.maps('inners', [])]).toEqual([[], [], []]);
});

describe('what is wrong is shown where it stands', () => {
  test.each<[string, string, number, RegExp, ((reader: Reader) => unknown)?]>([
    ['no map', '- a\n- b\n', 1, /^a test is a map of keys and values$/],
    ['no YAML', 'name: [\n', 2, /./],
    ['a key twice', 'name: a\nname: b\n', 2, /unique/],
    ['an unknown key', 'name: a\nnmae: b\n', 2, /^there is no key "nmae" here$/],
    ['a list for a text', '\nname: [a]\n', 2, /^"name" is a text$/, (reader) => reader.text('name')],
    ['a text for a list', 'names: a\n', 1, /^"names" is a list$/, (reader) => reader.texts('names')],
    ['a text for a map', 'inner: a\n', 1, /is a map of keys/, (reader) => reader.map('inner', [])],
    [
      'a text in a list of maps',
      'inners: [a]\n',
      1,
      /is a list of maps/,
      (reader) => reader.maps('inners', []),
    ],
    ['a text for pairs', 'reasons: a\n', 1, /names and texts/, (reader) => reader.pairs('reasons')],
    ['another word', 'colour: rde\n', 1, /cannot be "rde"/, (reader) => reader.word('colour', ['red'])],
    ['no flag', 'quiet: maybe\n', 1, /true or false/, (reader) => reader.flag('quiet')],
    ['no number', 'count: -1\n', 1, /whole number/, (reader) => reader.number('count')],
  ])('%s', (_, text, line, message, use = () => undefined) => {
    const error = thrown(() => use(read(text)));
    expect(error).toMatchObject({ code: 'RECIPE_INVALID', place: { file: 'file.yaml', start: line } });
    expect(error.message).toMatch(message);
  });
});

function thrown(work: () => unknown): DecantError {
  try {
    work();
  } catch (error) {
    if (error instanceof DecantError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
