import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ancestors, baseName, cleanPath, isWithin, joinPath, parentOf } from './path.ts';

describe('cleanPath', () => {
  it.each([
    ['', '', ''],
    ['/', '', ''],
    ['.', '', ''],
    ['..', '', ''],
    ['a', '', 'a'],
    ['/a/b/', '', 'a/b'],
    ['//a///b//', '', 'a/b'],
    ['./a/./b/.', '', 'a/b'],
    ['a/../b', '', 'b'],
    ['a/b/../..', '', ''],
    ['../../etc/passwd', '', 'etc/passwd'],
    ['/../../etc/../x', '', 'x'],
    ['...', '', '...'],
    ['.hidden/..name', '', '.hidden/..name'],
    ['a b/ ', '', 'a b/ '],
    ['caf\uDCE9/x', '', 'caf\uDCE9/x'],
    ['b', 'work/dir', 'work/dir/b'],
    ['.', 'work/dir', 'work/dir'],
    ['', 'work/dir', 'work/dir'],
    ['../b', 'work/dir', 'work/b'],
    ['../../../b', 'work/dir', 'b'],
    ['/b', 'work/dir', 'b'],
    ['b/', 'work', 'work/b'],
  ])('%j relative to %j is %j', (path, base, clean) => {
    expect(cleanPath(path, base)).toBe(clean);
  });

  it('gives a path that is clean, whatever it is given', () => {
    const written = fc
      .array(fc.constantFrom('a', '.', '..', '', 'b.c', '...'))
      .map((parts) => parts.join('/'));
    fc.assert(
      fc.property(written, (path) => {
        const clean = cleanPath(path);
        expect(cleanPath(clean)).toBe(clean);
        for (const component of clean === '' ? [] : clean.split('/'))
          expect(['', '.', '..']).not.toContain(component);
      }),
    );
  });
});

describe('taking paths apart', () => {
  it.each([
    ['', '', '', []],
    ['a', '', 'a', []],
    ['a/b', 'a', 'b', ['a']],
    ['a/b/c', 'a/b', 'c', ['a', 'a/b']],
  ])('%j stands in %j as %j', (path, parent, name, above) => {
    expect(parentOf(path)).toBe(parent);
    expect(baseName(path)).toBe(name);
    expect([...ancestors(path)]).toEqual(above);
    expect(joinPath(parent, name)).toBe(path);
  });

  it.each([
    ['a', '', true],
    ['', '', true],
    ['a', 'a', true],
    ['a/b', 'a', true],
    ['ab', 'a', false],
    ['a', 'a/b', false],
    ['a-b/c', 'a', false],
  ])('%j within %j: %j', (path, directory, within) => {
    expect(isWithin(path, directory)).toBe(within);
  });
});
