import { expect, test } from 'vitest';
import { annotationsOf } from './annotations.ts';

test.each([
  [['a=b'], { a: 'b' }],
  [['manifest:a=b=c', 'd='], { a: 'b=c', d: '' }],
  [['manifest[linux/amd64]:a=b'], { a: 'b' }],
  [['org.x:y=z'], { 'org.x:y': 'z' }],
  [undefined, undefined],
])('%j gives %j', (texts, expected) => {
  expect(annotationsOf(texts, [])).toEqual(expected);
});

test('those of outputs count too, and the flag wins', () => {
  const outputs = [{ type: 'image', annotations: { a: '1', b: '2' } }] as const;
  expect(annotationsOf(['a=3'], outputs)).toEqual({ a: '3', b: '2' });
});

test.each([
  ['index:a=b', 'has no index'],
  ['manifest-descriptor:a=b', 'has no manifest-descriptor'],
  ['a', 'it is not NAME=VALUE'],
  ['=b', 'it is not NAME=VALUE'],
])('%s is refused: %s', (text, message) => {
  expect(() => annotationsOf([text], [])).toThrow(message);
});
