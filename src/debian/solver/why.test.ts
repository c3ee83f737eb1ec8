import { describe, expect, test } from 'vitest';
import { formatClause } from '../dependency.ts';
import { index } from './testing.ts';
import { solve } from './solve.ts';

const archive = index(
  'app 1 depends shell, deep (>= 1)',
  'deep 1 depends deeper',
  'deeper 1 pre-depends deepest | nothing',
  'deepest 1',
  'shell 1 depends v',
  'real 1 provides v; depends deeper',
  'tool 1 depends deepest',
);

const rows: readonly (readonly [name: string, requests: readonly string[], chain: readonly string[]])[] = [
  ['app', ['app'], ['app is asked for']],
  ['deep', ['app'], ['app is asked for', 'app depends on deep (>= 1): deep']],
  ['real', ['app'], ['app is asked for', 'app depends on shell: shell', 'shell depends on v: real']],
  [
    'deepest',
    ['app (>= 1)'],
    [
      'app (>= 1) is asked for',
      'app depends on deep (>= 1): deep',
      'deep depends on deeper: deeper',
      'deeper pre-depends on deepest | nothing: deepest',
    ],
  ],
  ['deepest', ['app', 'tool'], ['tool is asked for', 'tool depends on deepest: deepest']],
  ['tool', ['app'], []],
];

describe('why', () => {
  test.each(rows)('%s, with %j asked for', (name, requests, chain) => {
    const steps = solve(archive, { packages: requests }).why(name);
    const told = steps.map(({ package: pkg, reason }) =>
      reason.kind === 'request'
        ? `${reason.request} is asked for`
        : `${reason.of.name} ${reason.field === 'Depends' ? 'depends' : 'pre-depends'} on ${formatClause(reason.clause)}: ${pkg.name}`,
    );
    expect(told).toEqual(chain);
  });
});
