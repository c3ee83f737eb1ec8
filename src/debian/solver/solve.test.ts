import { describe, expect, test } from 'vitest';
import { index } from './testing.ts';
import { solve, type SolveRequest } from './solve.ts';

type Row = readonly [
  rule: string,
  packages: readonly string[],
  request: string | SolveRequest,
  /** `name` or `name=version`, sorted. */
  expected: string,
];

const tables: Readonly<Record<string, readonly Row[]>> = {
  'what is depended on': [
    ['nothing else is installed', ['a 1', 'b 1'], 'a', 'a'],
    ['dependencies are', ['a 1 depends b', 'b 1 depends c', 'c 1'], 'a', 'a b c'],
    ['pre-dependencies are', ['a 1 pre-depends b', 'b 1'], 'a', 'a b'],
    ['recommended packages are not', ['a 1 recommends b', 'b 1'], 'a', 'a'],
    ['circles end', ['a 1 depends b', 'b 1 depends a'], 'a', 'a b'],
    ['a package may depend on what it provides', ['a 1 depends v; provides v'], 'a', 'a'],
    ['essential packages are not assumed', ['a 1', 'e 1 essential required'], 'a', 'a'],
    [
      'essential packages can be asked for',
      ['a 1', 'e 1 essential required'],
      { packages: ['e', 'a'] },
      'a e',
    ],
    [
      'several requests are one solution',
      ['a 1 depends c', 'b 1 depends c', 'c 1'],
      { packages: ['b', 'a'] },
      'a b c',
    ],
    ['packages of all architectures serve', ['a 1 depends b', 'b 1 arch:all'], 'a', 'a b'],
  ],
  versions: [
    ['the highest is taken', ['a 1', 'a 10', 'a 9'], 'a', 'a=10'],
    ['of a higher suite too', ['a 1 suite:stable', 'a 1+deb12u1 suite:security'], 'a', 'a=1+deb12u1'],
    ['>= is met by the same', ['a 1 depends b (>= 2)', 'b 2'], 'a', 'a=1 b=2'],
    ['>> is not, a later alternative is', ['a 1 depends b (>> 2) | c', 'b 2', 'c 1'], 'a', 'a c'],
    ['<< and <=', ['a 1 depends b (<< 2) | c (<= 2)', 'b 2', 'c 2'], 'a', 'a c'],
    ['= compares versions, not texts', ['a 1 depends b (= 1.0)', 'b 0:1.00-0'], 'a', 'a b'],
    [
      'an alternative with a candidate is before one with an older version',
      ['a 1 depends b (= 1) | c', 'b 1', 'b 2', 'c 1'],
      'a',
      'a=1 c=1',
    ],
    [
      'an older version is taken where nothing else will do',
      ['a 1 depends b (= 1)', 'b 1', 'b 2'],
      'a',
      'a=1 b=1',
    ],
  ],
  requests: [
    ['name=version', ['a 1', 'a 2'], 'a=1', 'a=1'],
    ['name (<< version)', ['a 1', 'a 2', 'a 3'], 'a (<< 3)', 'a=2'],
    ['name/suite', ['a 1 suite:stable', 'a 2 suite:updates'], 'a/stable', 'a=1'],
    ['several for one name all hold', ['a 1', 'a 2', 'a 3'], { packages: ['a (>= 2)', 'a (<< 3)'] }, 'a=2'],
    [
      'a pinned version takes its companions along',
      ['a 1 depends b (= 1)', 'a 2 depends b (= 2)', 'b 1', 'b 2'],
      'a=1',
      'a=1 b=1',
    ],
    [
      'a pin holds for what others depend on',
      ['a 1 depends b (>= 1)', 'b 1', 'b 2'],
      { packages: ['a', 'b=1'] },
      'a=1 b=1',
    ],
    ['a virtual name with one provider', ['a 1 provides v'], 'v', 'a'],
    ['nothing is asked for', ['a 1'], { packages: [] }, ''],
  ],
  alternatives: [
    ['the left-most is taken', ['a 1 depends c | b', 'b 1', 'c 1'], 'a', 'a c'],
    ['one that is missing is passed over', ['a 1 depends x | b', 'b 1'], 'a', 'a b'],
    ['one whose dependencies are missing, too', ['a 1 depends c | b', 'b 1', 'c 1 depends x'], 'a', 'a b'],
    [
      'deep down, too',
      ['a 1 depends c | b', 'b 1', 'c 1 depends d', 'd 1 depends e', 'e 1 depends x'],
      'a',
      'a b',
    ],
    ['one that is selected already serves', ['a 1 depends b, c | b', 'b 1', 'c 1'], 'a', 'a b'],
    ['one that is asked for serves', ['a 1 depends c | b', 'b 1', 'c 1'], { packages: ['a', 'b'] }, 'a b'],
    ['one that is selected later does not', ['a 1 depends c | b, b', 'b 1', 'c 1'], 'a', 'a b c'],
    ['pre-dependencies are looked at first', ['a 1 depends c | b; pre-depends b', 'b 1', 'c 1'], 'a', 'a b'],
    [
      'dependencies of the first before the second',
      ['a 1 depends b, d | c', 'b 1 depends c', 'c 1', 'd 1'],
      'a',
      'a b c',
    ],
  ],
  provides: [
    ['a provider satisfies', ['a 1 depends v', 'p 1 provides v'], 'a', 'a p'],
    [
      'a real package comes before a provider',
      ['a 1 depends v', 'p 1 required provides v', 'v 1 extra'],
      'a',
      'a v',
    ],
    [
      'a provider serves where the real one cannot',
      ['a 1 depends v (>= 2)', 'p 1 provides v (= 2)', 'v 1'],
      'a',
      'a p',
    ],
    [
      'without a version it meets no versioned clause',
      ['a 1 depends v (>= 1) | b', 'p 1 provides v', 'b 1'],
      'a',
      'a b',
    ],
    ['with a version it does', ['a 1 depends v (>= 1) | b', 'p 9 provides v (= 1)', 'b 1'], 'a', 'a p'],
    [
      'its own version does not count',
      ['a 1 depends v (>= 2) | b', 'p 9 provides v (= 1)', 'b 1'],
      'a',
      'a b',
    ],
    ['a version meets a clause without one', ['a 1 depends v', 'p 1 provides v (= 3)'], 'a', 'a p'],
    [
      'the essential provider first',
      ['a 1 depends v', 'p 1 required provides v', 'q 1 essential extra provides v'],
      'a',
      'a q',
    ],
    [
      'then by priority',
      ['a 1 depends v', 'p 1 standard provides v', 'q 1 optional provides v', 'o 1 important provides v'],
      'a',
      'a o',
    ],
    [
      'then what the request prefers',
      ['a 1 depends v', 'p 1 provides v', 'q 1 provides v', 'r 1 provides v'],
      { packages: ['a'], prefer: ['p'] },
      'a p',
    ],
    [
      'preference does not outdo priority',
      ['a 1 depends v', 'p 1 provides v', 'q 1 standard provides v'],
      { packages: ['a'], prefer: ['p'] },
      'a q',
    ],
    ['then the last name', ['a 1 depends v', 'p 1 provides v', 'q 1 provides v'], 'a', 'a q'],
    [
      'a provider in an older version does not count',
      ['a 1 depends v | b', 'p 1 provides v', 'p 2', 'b 1'],
      'a',
      'a b',
    ],
    ['unless nothing else will do', ['a 1 depends v', 'p 1 provides v', 'p 2'], 'a', 'a=1 p=1'],
  ],
  'conflicts and breaks': [
    [
      'the alternative that conflicts is passed over',
      ['a 1 depends b, c | d', 'b 1 conflicts c', 'c 1', 'd 1'],
      'a',
      'a b d',
    ],
    ['from the other side as well', ['a 1 depends b, c | d', 'b 1', 'c 1 conflicts b', 'd 1'], 'a', 'a b d'],
    ['breaks excludes the same', ['a 1 depends b, c | d', 'b 1 breaks c (<< 2)', 'c 1', 'd 1'], 'a', 'a b d'],
    ['other versions are not meant', ['a 1 depends b, c', 'b 1 breaks c (<< 2)', 'c 2'], 'a', 'a b c'],
    [
      'a broken version is passed over for an older one',
      ['a 1 depends b, c', 'b 1 breaks c (>= 2)', 'c 1', 'c 2'],
      'a',
      'a=1 b=1 c=1',
    ],
    [
      'providers are meant',
      ['a 1 depends b, c | d', 'b 1 conflicts v', 'c 1 provides v', 'd 1'],
      'a',
      'a b d',
    ],
    [
      'with a version only those that provide one',
      ['a 1 depends b, c', 'b 1 conflicts v (<< 9)', 'c 1 provides v'],
      'a',
      'a b c',
    ],
    ['nothing conflicts with itself', ['a 1 depends v; provides v; conflicts v; breaks a (<< 2)'], 'a', 'a'],
    [
      'one of several providers that exclude each other',
      ['a 1 depends v, w', 'p 1 provides v, w; conflicts v', 'q 1 provides v; conflicts v'],
      'a',
      'a p',
    ],
    [
      'an early choice gives way to a later need',
      ['a 1 depends b | c, d', 'b 1', 'c 1', 'd 1 conflicts b'],
      'a',
      'a c d',
    ],
    [
      'a choice far away gives way',
      [
        'a 1 depends m, n',
        'm 1 depends b | c',
        'n 1 depends o',
        'o 1 depends p',
        'p 1 conflicts b',
        'b 1',
        'c 1',
      ],
      'a',
      'a c m n o p',
    ],
  ],
  'Multi-Arch': [
    [':any is met by a package that allows it', ['a 1 depends b:any', 'b 1 ma:allowed'], 'a', 'a b'],
    [
      ':any is not met by others',
      ['a 1 depends b:any | c:any | d', 'b 1 ma:foreign', 'c 1', 'd 1'],
      'a',
      'a d',
    ],
    ['the own architecture can be named', ['a 1 depends b:amd64', 'b 1'], 'a', 'a b'],
    ['all stands for it', ['a 1 depends b:amd64', 'b 1 arch:all'], 'a', 'a b'],
    ['another one is not there', ['a 1 depends b:i386 | c', 'b 1', 'c 1'], 'a', 'a c'],
    [
      'same and foreign serve without a qualifier',
      ['a 1 depends b, c', 'b 1 ma:same', 'c 1 ma:foreign'],
      'a',
      'a b c',
    ],
    [
      'conflicts with another architecture mean nothing here',
      ['a 1 depends b; conflicts b:i386', 'b 1'],
      'a',
      'a b',
    ],
    [':any of a provider', ['a 1 depends v:any', 'p 1 ma:allowed provides v', 'q 1 provides v'], 'a', 'a p'],
  ],
  'excluded packages': [
    [
      'are left out with all that they need',
      ['a 1 depends b, d', 'b 1 depends c', 'c 1', 'd 1'],
      { packages: ['a'], exclude: ['b'] },
      'a d',
    ],
    [
      'do not make another alternative be taken',
      ['a 1 depends b | c', 'b 1', 'c 1'],
      { packages: ['a'], exclude: ['b'] },
      'a',
    ],
    [
      'do not replace what comes first',
      ['a 1 depends b | c', 'b 1', 'c 1'],
      { packages: ['a'], exclude: ['c'] },
      'a b',
    ],
    [
      'serve where what comes first cannot',
      ['a 1 depends b | c', 'b 1 depends x', 'c 1'],
      { packages: ['a'], exclude: ['c'] },
      'a',
    ],
    ['can be missing', ['a 1 depends x'], { packages: ['a'], exclude: ['x'] }, 'a'],
    ['can be virtual', ['a 1 depends v', 'p 1 provides v'], { packages: ['a'], exclude: ['v'] }, 'a'],
    [
      'can be providers',
      ['a 1 depends v', 'p 1 standard provides v', 'q 1 provides v'],
      { packages: ['a'], exclude: ['p'] },
      'a',
    ],
    [
      'conflict with nothing',
      ['a 1 depends b, c', 'b 1 conflicts c', 'c 1'],
      { packages: ['a'], exclude: ['b'] },
      'a c',
    ],
  ],
};

for (const [title, rows] of Object.entries(tables)) {
  describe(title, () => {
    test.each(rows)('%s', (_, packages, request, expected) => {
      expect(named(solve(index(...packages), asked(request)).packages, expected)).toBe(expected);
    });
  });
}

test('of equal versions the earlier suite has it', () => {
  const lines = ['a 1 depends b', 'b 1 suite:first', 'b 1 suite:second'];
  expect(solve(index(...lines), { packages: ['a'] }).packages.map((pkg) => pkg.suite)).toEqual([
    'stable',
    'first',
  ]);
  expect(solve(index(...lines), { packages: ['a', 'b/second'] }).packages[1]?.suite).toBe('second');
});

test('a clause that only an excluded package meets is noted', () => {
  const archive = index(
    'a 1 depends x | y, b; pre-depends z',
    'b 1 depends y (>= 1) | c',
    'c 1',
    'y 1',
    'z 1',
  );
  const { notes } = solve(archive, { packages: ['a'], exclude: ['x', 'y', 'z'] });
  expect(notes.map((note) => [note.package.name, note.field, note.excluded])).toEqual([
    ['a', 'Pre-Depends', 'z'],
    ['a', 'Depends', 'x'],
    ['b', 'Depends', 'y'],
  ]);
});

test('a knot that no greedy choice gets through is found', () => {
  // Each of ten switches can be on or off, neighbours exclude each other when both are on, and only the last is fixed.
  const lines = Array.from({ length: 10 }, (_, at) => [
    `s${at} 1 depends on${at} | off${at}`,
    `on${at} 1 conflicts on${at + 1}`,
    `off${at} 1 conflicts off${at + 1}`,
  ]).flat();
  const all = Array.from({ length: 10 }, (_, at) => `s${at}`);
  const solution = solve(index(...lines, 'last 1 depends on9'), { packages: [...all, 'last'] });
  const on = solution.packages.map((pkg) => pkg.name).filter((name) => name.startsWith('on'));
  expect(on).toEqual(['on1', 'on3', 'on5', 'on7', 'on9']);
});

describe('the search is bounded', () => {
  test('thousands of providers that all exclude each other', () => {
    const providers = Array.from({ length: 3000 }, (_, at) => `q${at} 1 provides v; conflicts v`);
    expect(solve(index('a 1 depends v', ...providers), { packages: ['a'] }).packages).toHaveLength(2);
  });

  test('a riddle that would take years ends in an error', () => {
    // Twelve birds, eleven holes, and no bird shares: every proof that this is impossible is longer than the bound.
    const holes = Array.from({ length: 11 }, (_, at) => at);
    const birds = [...holes, 11];
    const lines = birds.flatMap((bird) => [
      `bird${bird} 1 depends ${holes.map((hole) => `b${bird}h${hole}`).join(' | ')}`,
      ...holes.map((hole) => `b${bird}h${hole} 1 provides hole${hole}; conflicts hole${hole}`),
    ]);
    const riddle = (): unknown => solve(index(...lines), { packages: birds.map((bird) => `bird${bird}`) });
    expect(riddle).toThrow('no choice of packages was found within the bounds of the search');
  });
});

function asked(request: string | SolveRequest): SolveRequest {
  return typeof request === 'string' ? { packages: [request] } : request;
}

/** With versions where the expectation names them. */
function named(packages: readonly { name: string; version: string }[], like: string): string {
  const versions = like.includes('=');
  return packages.map((pkg) => (versions ? `${pkg.name}=${pkg.version}` : pkg.name)).join(' ');
}
