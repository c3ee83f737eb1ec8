/**
 * Dependency solving: from names of packages to the set that installs them on an empty system, the same set that
 * `apt-get install --no-install-recommends` chooses there (Debian Policy chapter 7; the choice among several is not in
 * any specification but apt's: candidates.ts and search.ts say what it is).
 *
 * Nothing is taken to be installed, essential packages neither: they come in when something depends on them or when
 * they are asked for. Recommends and Suggests are not followed.
 *
 * Like apt, it first considers one version of each name only, the highest. Where that has no answer (a request pins
 * something, and its companions are needed in the same version), it searches once more among all versions.
 *
 * Excluded packages count as if they were there, needed nothing and were in nobody's way, and are left out in the end:
 * a clause that would have chosen one is met. Each such clause is noted.
 */
import { DecantError } from '../../errors.ts';
import type { Clause, Package, PackageIndex } from '../package.ts';
import { createCandidates } from './candidates.ts';
import { explain } from './explain.ts';
import { type Choice, createProblem, type Field } from './problem.ts';
import { parseRequests, type Request, resolveVirtual } from './request.ts';
import { search } from './search.ts';
import { chains, type WhyStep } from './why.ts';

export interface SolveRequest {
  /** `name`, `name=version`, `name/suite` or `name (>= version)`; their order does not matter. */
  readonly packages: readonly string[];
  /** Names, of real packages or of virtual ones, whose clauses count as met. */
  readonly exclude?: readonly string[];
  /** Names that are chosen where several providers are equally good: what an earlier solution had, say. */
  readonly prefer?: readonly string[];
}

export interface Solution {
  /** Sorted by name. */
  readonly packages: readonly Package[];
  /** Clauses that only an excluded package meets, sorted by the package that has them. */
  readonly notes: readonly ExclusionNote[];
  /** The shortest chain from what was asked for to the package; empty where the solution does not have it. */
  readonly why: (name: string) => readonly WhyStep[];
}

export interface ExclusionNote {
  readonly package: Package;
  readonly field: Field;
  readonly clause: Clause;
  /** The name that was excluded. */
  readonly excluded: string;
}

/**
 * Throws USAGE for a request that cannot be read or contradicts itself, PACKAGE_UNKNOWN for what no suite has, and
 * DEPENDENCIES_UNMET with the whole chain of reasons where there is no solution.
 */
export function solve(index: PackageIndex, request: SolveRequest): Solution {
  const exclude = new Set(request.exclude);
  const requests = parseRequests(request.packages).map((one) => resolveVirtual(index, one));
  for (const one of requests) check(index, one, requests, exclude);
  const attempt = (everyVersion: boolean): Attempt => {
    const rules = { requests, exclude, prefer: new Set(request.prefer), everyVersion };
    const candidates = createCandidates(index, rules);
    const outcome = search(createProblem(candidates, requests));
    if (outcome.kind !== 'impossible') return outcome;
    return { kind: 'impossible', error: explain(index, candidates, outcome.because) };
  };
  const first = attempt(false);
  const last = first.kind === 'found' ? first : attempt(true);
  if (last.kind === 'found') return solutionOf(last.selected, requests, index.architecture);
  if (last.kind === 'impossible') throw last.error;
  throw first.kind === 'impossible' ? first.error : exhausted();
}

type Attempt =
  | { readonly kind: 'found'; readonly selected: readonly Choice[] }
  | { readonly kind: 'impossible'; readonly error: DecantError }
  | { readonly kind: 'exhausted' };

function exhausted(): DecantError {
  return new DecantError(
    'DEPENDENCIES_UNMET',
    'no choice of packages was found within the bounds of the search',
    {
      hint: 'ask for particular versions, or name the alternatives that you want',
    },
  );
}

function check(
  index: PackageIndex,
  request: Request,
  requests: readonly Request[],
  exclude: ReadonlySet<string>,
): void {
  if (exclude.has(request.name)) {
    throw new DecantError('USAGE', `${request.name} is asked for and excluded at once`);
  }
  const versions = index.versions(request.name);
  if (versions.some(request.allows)) {
    const same = requests.filter((one) => one.name === request.name);
    if (versions.some((pkg) => same.every((one) => one.allows(pkg)))) return;
    throw new DecantError(
      'USAGE',
      `no version of ${request.name} is all of ${same.map((one) => one.text).join(', ')}`,
    );
  }
  const there = versions.map((pkg) => `${pkg.version} (${pkg.suite})`).join(', ');
  throw new DecantError('PACKAGE_UNKNOWN', `there is no ${request.text} in the suites in use`, {
    hint: `${request.name} is there as ${there}`,
  });
}

function solutionOf(
  selected: readonly Choice[],
  requests: readonly Request[],
  architecture: string,
): Solution {
  const packages = selected.flatMap((choice) => choice.package ?? []).toSorted(byName);
  const chosen = new Set(selected);
  const notes = selected
    .flatMap((choice) => choice.requirements ?? [])
    .flatMap(({ wanted, origin }): readonly ExclusionNote[] => {
      const met = wanted.filter((choice) => chosen.has(choice));
      const [excluded] = met;
      if (origin.kind !== 'depends' || !excluded || met.some((choice) => choice.package)) return [];
      return [{ package: origin.of, field: origin.field, clause: origin.clause, excluded: excluded.name }];
    })
    .toSorted((a, b) => byName(a.package, b.package));
  return { packages, notes, why: chains(packages, requests, architecture) };
}

function byName(a: Package, b: Package): number {
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
