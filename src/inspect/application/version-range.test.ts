import { expect, test } from 'vitest';
import { satisfies } from './version-range.ts';

test.each([
  ['20.19.2', '>=18', true],
  ['18.20.4', '>=20', false],
  ['20.19.2', '>= 18.17 < 21', true],
  ['20.19.2', '^18 || ^20.9', true],
  ['20.19.2', '^18 || ^22', false],
  ['20.19.2', '^20.20.0', false],
  ['20.19.2', '20.x', true],
  ['20.19.2', '20', true],
  ['20.19.2', '18 - 20', true],
  ['20.19.2', '~20.19.0', true],
  ['20.19.2', '~20.18.0', false],
  ['20.19.2', '<20', false],
  ['20.19.2', '<=20', true],
  ['20.19.2', '>20', false],
  ['20.19.2', '*', true],
  ['20.19.2', 'lts/iron', true],
  ['3.13', '>=3.9', true],
  ['3.11', '>=3.12', false],
  ['3.13', '>=3.9,<3.13', false],
  ['3.11', '3.11.*', true],
  ['3.13', '3.11.*', false],
  ['3.13', '!=3.12.*,>=3.8', true],
  ['3.13', '~=3.9', true],
  ['3.11', '==3.11.4', true],
])('%s in "%s": %s', (version, range, expected) => {
  expect(satisfies(version, range)).toBe(expected);
});
