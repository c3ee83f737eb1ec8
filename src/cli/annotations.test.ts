import { expect, test } from 'vitest';
import { annotationsOf } from './annotations.ts';

const arm64 = { architecture: 'arm64', os: 'linux' };

test.each([
  [['a=b'], [{ level: 'manifest', name: 'a', value: 'b' }]],
  [
    ['manifest:a=b=c', 'd='],
    [
      { level: 'manifest', name: 'a', value: 'b=c' },
      { level: 'manifest', name: 'd', value: '' },
    ],
  ],
  [['manifest[linux/arm64]:a=b'], [{ level: 'manifest', platform: arm64, name: 'a', value: 'b' }]],
  [
    ['index,manifest-descriptor[linux/arm64]:a=b'],
    [
      { level: 'index', name: 'a', value: 'b' },
      { level: 'manifest-descriptor', platform: arm64, name: 'a', value: 'b' },
    ],
  ],
  [['org.x:y=z'], [{ level: 'manifest', name: 'org.x:y', value: 'z' }]],
  [undefined, undefined],
])('%j gives %j', (texts, expected) => {
  expect(annotationsOf(texts, [])).toEqual(expected);
});

test('those of outputs come first, so that the flag wins', () => {
  const annotation = { level: 'manifest', name: 'a', value: '1' } as const;
  const outputs = [{ type: 'image', annotations: [annotation] }] as const;
  expect(annotationsOf(['a=3'], outputs)).toEqual([annotation, { ...annotation, value: '3' }]);
});

test.each([
  ['index[linux/arm64]:a=b', 'no level "index[linux/arm64]"'],
  ['manifests:a=b', 'no level "manifests"'],
  ['a', 'it is not NAME=VALUE'],
  ['=b', 'it is not NAME=VALUE'],
])('%s is refused: %s', (text, message) => {
  expect(() => annotationsOf([text], [])).toThrow(message);
});
