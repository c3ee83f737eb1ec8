/** Small archives of any shape: six names in two versions, two virtual names, clauses and conflicts at random. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DecantError } from '../../errors.ts';
import type { Package, PackageIndex } from '../package.ts';
import { isMatch } from './match.ts';
import { solve } from './solve.ts';
import { indexOf, readPackage } from './testing.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const VIRTUAL = ['v', 'w'];

const relation = fc
  .tuple(fc.constantFrom(...NAMES, ...VIRTUAL), fc.constantFrom('', '', '', ' (= 1)', ' (>= 2)', ' (<< 2)'))
  .map((parts) => parts.join(''));
const clause = fc
  .array(relation, { minLength: 1, maxLength: 3 })
  .map((alternatives) => alternatives.join(' | '));
const list = (one: fc.Arbitrary<string>, maxLength: number): fc.Arbitrary<string> =>
  fc.array(one, { maxLength }).map((all) => all.join(', '));
const lines = fc.array(
  fc
    .record({
      name: fc.constantFrom(...NAMES),
      version: fc.constantFrom('1', '2'),
      priority: fc.constantFrom('required', 'optional'),
      depends: list(clause, 3),
      preDepends: list(clause, 1),
      conflicts: list(relation, 1),
      breaks: list(relation, 1),
      provides: list(fc.constantFrom('v', 'v (= 1)', 'w', 'w (= 2)'), 2),
    })
    .map(
      (one) =>
        `${one.name} ${one.version} ${one.priority} depends ${one.depends}; pre-depends ${one.preDepends}; ` +
        `conflicts ${one.conflicts}; breaks ${one.breaks}; provides ${one.provides}`,
    ),
  { minLength: 1, maxLength: 12 },
);
const archives = lines.map((all) => distinct(all.map(readPackage)));
const requests = fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 });
const exclusions = fc.uniqueArray(fc.constantFrom(...NAMES, ...VIRTUAL), { maxLength: 2 });
const RUNS = { numRuns: 500 };

describe('any archive', () => {
  test('a solution meets every clause, has no conflict, and one version of each name', () => {
    fc.assert(
      fc.property(archives, requests, exclusions, (packages, wanted, exclude) => {
        const solution = attempt(indexOf(packages), wanted, exclude);
        if (!Array.isArray(solution)) return;
        expect(faults(solution, wanted, exclude)).toEqual([]);
      }),
      RUNS,
    );
  });

  test('where any set of packages is a solution, one is found', () => {
    fc.assert(
      fc.property(archives, requests, (packages, wanted) => {
        const solution = attempt(indexOf(packages), wanted);
        if (Array.isArray(solution) || solution === 'USAGE' || solution === 'PACKAGE_UNKNOWN') return;
        const possible = subsets(packages).find((set) => faults(set, wanted, []).length === 0);
        expect(possible).toBe(undefined);
      }),
      { numRuns: 200 },
    );
  });

  test('every package of a solution has a chain from what was asked for', () => {
    fc.assert(
      fc.property(archives, requests, (packages, wanted) => {
        const index = indexOf(packages);
        if (!Array.isArray(attempt(index, wanted))) return;
        const solution = solve(index, { packages: wanted });
        for (const pkg of solution.packages) {
          const steps = solution.why(pkg.name);
          expect(steps.at(-1)?.package).toBe(pkg);
          expect(steps[0]?.reason.kind).toBe('request');
        }
      }),
      RUNS,
    );
  });

  test('the order of packages and of requests does not matter', () => {
    const shuffled = archives.chain((packages) =>
      fc.tuple(fc.constant(packages), fc.shuffledSubarray([...packages], { minLength: packages.length })),
    );
    fc.assert(
      fc.property(shuffled, requests, ([packages, other], wanted) => {
        expect(told(attempt(indexOf(other), wanted.toReversed()))).toEqual(
          told(attempt(indexOf(packages), wanted)),
        );
      }),
      RUNS,
    );
  });

  test('a package that nothing speaks of changes nothing', () => {
    fc.assert(
      fc.property(archives, requests, clause, relation, (packages, wanted, depends, conflicts) => {
        const stranger = readPackage(
          `stranger 1 required depends ${depends}; conflicts ${conflicts}; provides u`,
        );
        const before = attempt(indexOf(packages), wanted);
        expect(told(attempt(indexOf([stranger, ...packages]), wanted))).toEqual(told(before));
      }),
      RUNS,
    );
  });
});

type Answer = readonly Package[] | string;

/** The packages, or the code of the error. */
function attempt(index: PackageIndex, packages: readonly string[], exclude: readonly string[] = []): Answer {
  try {
    return solve(index, { packages, exclude }).packages;
  } catch (error) {
    if (error instanceof DecantError) return error.code;
    throw error;
  }
}

/** What is wrong with a set of packages, checked without any of the solver's search. */
function faults(
  set: readonly Package[],
  wanted: readonly string[],
  exclude: readonly string[],
): readonly string[] {
  const found: string[] = [];
  for (const name of wanted) if (!set.some((pkg) => pkg.name === name)) found.push(`${name} is missing`);
  for (const pkg of set) {
    if (exclude.includes(pkg.name)) found.push(`${pkg.name} was excluded`);
    for (const clauseOfOne of [...pkg.depends, ...pkg.preDepends]) {
      const met = clauseOfOne.some(
        (one) => exclude.includes(one.name) || set.some((other) => isMatch(other, one, 'amd64')),
      );
      // Any provider may have been the one that was excluded.
      const left =
        exclude.some((name) => NAMES.includes(name)) && clauseOfOne.some((one) => VIRTUAL.includes(one.name));
      if (!met && !left) found.push(`${pkg.name} lacks ${JSON.stringify(clauseOfOne)}`);
    }
    for (const other of set) {
      if (other === pkg) continue;
      if (other.name === pkg.name) found.push(`${pkg.name} is there twice`);
      else if ([...pkg.conflicts, ...pkg.breaks].some((one) => isMatch(other, one, 'amd64'))) {
        found.push(`${pkg.name} conflicts with ${other.name}`);
      }
    }
  }
  return found;
}

function told(answer: Answer): unknown {
  return Array.isArray(answer) ? answer.map((pkg: Package) => `${pkg.name}=${pkg.version}`) : answer;
}

function subsets(packages: readonly Package[]): readonly (readonly Package[])[] {
  return Array.from({ length: 2 ** packages.length }, (_, bits) =>
    packages.filter((_package, at) => bits & (1 << at)),
  );
}

function distinct(packages: readonly Package[]): readonly Package[] {
  return [...new Map(packages.map((pkg) => [`${pkg.name} ${pkg.version}`, pkg])).values()];
}
