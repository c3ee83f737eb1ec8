import { describe, expect, test } from 'vitest';
import type { PagePour, PageStage } from '../data.ts';
import { broughtInto, fateOf, flowsOf } from './flow.ts';

const stage = (name: string, size: number | undefined, ...poured: readonly PagePour[]): PageStage => ({
  name,
  isTarget: name === '2',
  size,
  poured,
});
const from = (name: string, size: number | undefined, ...paths: readonly string[]): PagePour => ({
  kind: 'stage',
  from: name,
  paths,
  size,
});

describe('what flows', () => {
  const stages = [
    stage('deps', 100),
    stage('build', 900, from('deps', 40, '/deps')),
    stage('2', 60, from('build', 50, '/app'), from('build', 5, '/etc'), from('deps', 5, '/lib')),
  ];

  test('is one stream for each pair of stages', () => {
    expect(flowsOf({ stages })).toEqual([
      { from: 0, to: 1, paths: ['/deps'], size: 40 },
      { from: 1, to: 2, paths: ['/app', '/etc'], size: 55 },
      { from: 0, to: 2, paths: ['/lib'], size: 5 },
    ]);
  });

  test('leaves the rest behind, and of the last stage nothing', () => {
    expect(stages.map((_stage, index) => fateOf({ stages }, index))).toEqual([
      { poured: 45, left: 55 },
      { poured: 55, left: 845 },
      { poured: 0, left: 0 },
    ]);
  });

  test('never leaves less than nothing, where two stages take the same', () => {
    const twice = [stage('a', 10), stage('b', 10, from('a', 10, '/x')), stage('2', 10, from('a', 10, '/x'))];
    expect(fateOf({ stages: twice }, 0)).toEqual({ poured: 10, left: 0 });
  });

  test('is not known where a size is not', () => {
    const some = [stage('a', 10), stage('b', undefined, from('a', undefined, '/x')), stage('2', 1)];
    expect([0, 1].map((index) => fateOf({ stages: some }, index))).toEqual([
      { poured: undefined, left: undefined },
      { poured: undefined, left: undefined },
    ]);
  });
});

test('what comes from elsewhere is named once', () => {
  const brought: readonly PagePour[] = [
    { kind: 'context', from: '', paths: ['a'] },
    { kind: 'context', from: '', paths: ['b'] },
    { kind: 'context', from: 'docs', paths: ['c'] },
    { kind: 'image', from: 'busybox', paths: ['/bin/sh'] },
  ];
  expect(broughtInto(stage('s', 1, ...brought))).toEqual(['the context', 'context docs', 'busybox']);
});
