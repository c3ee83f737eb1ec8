import { expect, test } from 'vitest';
import type { Annotation } from './annotations.ts';
import { annotationsAt, checkAnnotations } from './annotations.ts';

const [amd64, arm64] = ['amd64', 'arm64'].map((architecture) => ({ architecture, os: 'linux' }));
const annotations: readonly Annotation[] = [
  { level: 'manifest', name: 'a', value: '1' },
  { level: 'manifest', name: 'a', value: '2' },
  { level: 'manifest', platform: arm64, name: 'only', value: 'arm64' },
  { level: 'index', name: 'i', value: '3' },
];

test('of one name the last counts, and those of a platform are for its image alone', () => {
  expect(annotationsAt(annotations, 'manifest', amd64)).toEqual({ a: '2' });
  expect(annotationsAt(annotations, 'manifest', arm64)).toEqual({ a: '2', only: 'arm64' });
  expect(annotationsAt(annotations, 'index')).toEqual({ i: '3' });
  expect(annotationsAt(annotations, 'index-descriptor')).toBeUndefined();
});

test('what is nowhere to be put is refused', () => {
  const platforms = [amd64, arm64].flatMap((each) => each ?? []);
  expect(() => checkAnnotations(annotations, platforms, true)).not.toThrow();
  expect(() => checkAnnotations(annotations, platforms, false)).toThrow('a single image has none');
  expect(() => checkAnnotations(annotations, platforms.slice(0, 1), true)).toThrow(
    'platform that is not built',
  );
});
