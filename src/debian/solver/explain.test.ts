import { describe, expect, test } from 'vitest';
import { DecantError } from '../../errors.ts';
import { index } from './testing.ts';
import { solve, type SolveRequest } from './solve.ts';

type Row = readonly [name: string, packages: readonly string[], request: readonly string[], message: string];

const unmet: readonly Row[] = [
  [
    'a package that does not exist',
    ['a 1 depends b', 'b 1 depends x'],
    ['a'],
    `a cannot be installed
a is asked for
  a 1 depends on b
    b 1 depends on x
      x is not available: there is no such package, and none provides it`,
  ],
  [
    'a version that does not exist',
    ['a 1 pre-depends b (>= 3)', 'b 1', 'b 2'],
    ['a'],
    `a cannot be installed
a is asked for
  a 1 pre-depends on b (>= 3)
    b (>= 3) is not available, only 2, 1`,
  ],
  [
    'every alternative',
    [
      'a 1 depends b | c | v (= 2)',
      'b 1 depends x',
      'c 1 depends y',
      'p 1 provides v',
      'q 1 provides v (= 1)',
    ],
    ['a'],
    `a cannot be installed
a is asked for
  a 1 depends on b | c | v (= 2)
    v (= 2) is not available: no provider provides that version (p, q)
    b 1 depends on x
      x is not available: there is no such package, and none provides it
    c 1 depends on y
      y is not available: there is no such package, and none provides it`,
  ],
  [
    'a conflict',
    ['a 1 depends c', 'b 1 depends d', 'c 1', 'd 1 conflicts c (<< 2)'],
    ['a', 'b'],
    `a, b cannot be installed together
a is asked for
  a 1 depends on c
    d 1 conflicts with c (<< 2), and c 1 is needed: a 1 depends on c
b is asked for
  b 1 depends on d`,
  ],
  [
    'something broken by what was asked for',
    ['a 1 depends b', 'b 2 breaks a (<< 2)'],
    ['a'],
    `a cannot be installed
a is asked for
  a 1 depends on b
    b 2 breaks a (<< 2), and a 1 is needed: a is asked for`,
  ],
  [
    'two versions of one package',
    ['a 1 depends c (= 1)', 'b 1 depends c (= 2)', 'c 1', 'c 2'],
    ['a', 'b'],
    `a, b cannot be installed together
a is asked for
  a 1 depends on c (= 1)
    only one of c 1 and c 2 can be installed
b is asked for
  b 1 depends on c (= 2)`,
  ],
  [
    'a version that was asked for',
    ['a 1 depends b (>= 2)', 'b 1', 'b 2'],
    ['a', 'b=1'],
    `a cannot be installed
a is asked for
  a 1 depends on b (>= 2)
    b (>= 2) is not available, only 1`,
  ],
  [
    'a qualifier',
    ['a 1 depends b:any', 'b 1'],
    ['a'],
    `a cannot be installed
a is asked for
  a 1 depends on b:any
    b:any is not available: b 1 cannot be used so, or is of another version`,
  ],
];

describe('why not', () => {
  test.each(unmet)('%s', (_, packages, request, message) => {
    const error = failure(packages, { packages: request });
    expect(error.code).toBe('DEPENDENCIES_UNMET');
    expect(error.message).toBe(message);
  });

  test('a proof that is longer than anyone reads is cut', () => {
    const many = Array.from({ length: 300 }, (_, at) => `p${at}`);
    const packages = [`a 1 depends ${many.join(' | ')}`, ...many.map((name) => `${name} 1 depends x`)];
    const lines = failure(packages, { packages: ['a'] }).message.split('\n');
    expect(lines).toHaveLength(102);
    expect(lines.at(-1)).toBe('… and 502 more lines');
  });
});

const refused: readonly (readonly [
  name: string,
  request: SolveRequest,
  code: string,
  message: string,
  hint: string | undefined,
])[] = [
  [
    'an unknown name',
    { packages: ['x'] },
    'PACKAGE_UNKNOWN',
    'there is no package x in the suites in use',
    undefined,
  ],
  [
    'a name that is nearly right',
    { packages: ['libfoo9'] },
    'PACKAGE_UNKNOWN',
    'there is no package libfoo9 in the suites in use',
    'there are libfoo1, libfoo2t64',
  ],
  [
    'a virtual name',
    { packages: ['v'] },
    'PACKAGE_UNKNOWN',
    'v is a virtual package that several packages provide: a, b',
    'name one of them',
  ],
  [
    'an unknown version',
    { packages: ['a=3'] },
    'PACKAGE_UNKNOWN',
    'there is no a=3 in the suites in use',
    'a is there as 2 (updates), 1 (stable)',
  ],
  [
    'an unknown suite',
    { packages: ['a/sid'] },
    'PACKAGE_UNKNOWN',
    'there is no a/sid in the suites in use',
    'a is there as 2 (updates), 1 (stable)',
  ],
  [
    'what is excluded',
    { packages: ['a'], exclude: ['a'] },
    'USAGE',
    'a is asked for and excluded at once',
    undefined,
  ],
  [
    'a contradiction',
    { packages: ['a=1', 'a (>= 2)'] },
    'USAGE',
    'no version of a is all of a (>= 2), a=1',
    undefined,
  ],
  [
    'no name',
    { packages: ['a b'] },
    'USAGE',
    '"a b" does not name a package',
    'write name, name=version, name/suite or "name (>= version)"',
  ],
  [
    'an empty name',
    { packages: [''] },
    'USAGE',
    '"" does not name a package',
    'write name, name=version, name/suite or "name (>= version)"',
  ],
  [
    'an architecture',
    { packages: ['a:i386'] },
    'USAGE',
    '"a:i386" does not name a package',
    'write name, name=version, name/suite or "name (>= version)"',
  ],
];

describe('a request is refused', () => {
  test.each(refused)('for %s', (_, request, code, message, hint) => {
    const packages = [
      'a 1 provides v',
      'a 2 suite:updates provides v',
      'b 1 provides v',
      'libfoo1 1',
      'libfoo2t64 1',
    ];
    const error = failure(packages, request);
    expect([error.code, error.message, error.hint]).toEqual([code, message, hint]);
  });
});

function failure(packages: readonly string[], request: SolveRequest): DecantError {
  try {
    solve(index(...packages), request);
  } catch (error) {
    if (error instanceof DecantError) return error;
    throw error;
  }
  throw new Error('it was solved');
}
