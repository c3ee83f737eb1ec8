import { expect, test } from 'vitest';
import { parseChmod } from './chmod.ts';

test.each([
  ['644', { all: 0o644 }],
  ['0755', { all: 0o755 }],
  ['7777', { all: 0o7777 }],
])('%s is one mode for all', (text, expected) => {
  expect(parseChmod(text)).toEqual(expected);
});

// Checked against chmod(1) of GNU coreutils with umask 0, which only leaves set-id bits of directories alone.
test.each([
  ['u=rwX,go=rX', 0o600, false, 0o644],
  ['u=rwX,go=rX', 0o700, false, 0o755],
  ['u=rwX,go=rX', 0o600, true, 0o755],
  ['a+x', 0o644, false, 0o755],
  ['+x', 0o644, false, 0o755],
  ['go-rwx', 0o755, false, 0o700],
  ['u+s', 0o755, false, 0o4755],
  ['g+s', 0o755, true, 0o2755],
  ['+t', 0o777, true, 0o1777],
  ['g=u', 0o640, false, 0o660],
  ['o=g', 0o750, false, 0o755],
  ['u-x+w', 0o555, false, 0o655],
  ['a=r', 0o777, false, 0o444],
  ['u=rwX,go=', 0o2755, true, 0o700],
  ['a=rx', 0o7777, true, 0o1555],
])('%s makes of %o (directory: %s) %o', (text, mode, isDirectory, expected) => {
  const change = parseChmod(text);
  expect(typeof change === 'function' && change(mode, isDirectory)).toBe(expected);
});

test.each(['64a', '888', '77777', 'u', 'x=rw', '', 'u+q'])('%j is refused', (text) => {
  expect(() => parseChmod(text)).toThrow('invalid chmod parameter');
});
