import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { DecantError } from '../errors.ts';
import { type ControlOptions, parseControl, parseParagraphs } from './control.ts';

function read(text: string, options?: ControlOptions): readonly Record<string, string | undefined>[] {
  return parseParagraphs(text, options).map((fields) =>
    Object.fromEntries(fields.names.map((name) => [name, fields.get(name)])),
  );
}

describe('control data', () => {
  test.each<[string, string, readonly Record<string, string>[]]>([
    ['has fields', 'Package: a\nVersion: 1\n', [{ Package: 'a', Version: '1' }]],
    ['needs no line feed at its end', 'Package: a', [{ Package: 'a' }]],
    ['has white space around values', 'Package:   a \t\nB:c\n', [{ Package: 'a', B: 'c' }]],
    ['has paragraphs', '\n\nA: 1\n\n \n\nA: 2\n\n', [{ A: '1' }, { A: '2' }]],
    ['continues lines', 'D: one\n two\n  three\n .\n\tfour\n', [{ D: 'one\ntwo\n three\n.\nfour' }]],
    ['begins values on the next line', 'SHA256:\n a 1 x\n b 2 y\n', [{ SHA256: '\na 1 x\nb 2 y' }]],
    ['may have empty values', 'A:\nB: 1\n', [{ A: '', B: '1' }]],
    ['may come from Windows', 'A: 1\r\n 2\r\n\r\nA: 3\r\n', [{ A: '1\n2' }, { A: '3' }]],
    ['has colons in values', 'A: http://b:c\n', [{ A: 'http://b:c' }]],
  ])('%s', (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  test('compares names without regard to case', () => {
    expect(parseControl('sha256: a\n').get('SHA256')).toBe('a');
    expect(parseControl('A: a\n').get('B')).toBeUndefined();
    expect(parseControl('A: a\n').get('__proto__')).toBeUndefined();
  });

  test('has comments only where they are allowed', () => {
    expect(read('# c\nA: 1\n# d\n 2\n', { comments: true })).toEqual([{ A: '1\n2' }]);
    expect(() => read('# c\nA: 1\n')).toThrow('line 1 is no field');
  });

  test.each([
    ['no field\n', 'control data: line 1 is no field: "no field"'],
    ['A: 1\na: 2\n', 'control data: line 2 has a once more'],
    [' x\n', 'control data: line 1 continues nothing'],
    ['A b: 1\n', 'control data: line 1 is no field: "A b: 1"'],
    [': 1\n', 'control data: line 1 is no field: ": 1"'],
  ])('%j is refused', (text, message) => {
    expect(() => parseParagraphs(text)).toThrow(message);
  });

  test('of one paragraph has neither none nor two', () => {
    expect(() => parseControl('', { name: 'x' })).toThrow('x: it has no fields');
    expect(() => parseControl('A: 1\n\nA: 2\n')).toThrow('more than one paragraph');
  });

  test('is understood or refused, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('A', ':', ' ', '\n', '\t', '#', 'é', '\r', '-') }),
        (text) => {
          try {
            parseParagraphs(text);
          } catch (error) {
            expect(error).toBeInstanceOf(DecantError);
          }
        },
      ),
    );
  });
});
