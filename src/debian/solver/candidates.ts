/**
 * Which packages can satisfy a clause, the preferred first, as apt-get(8) prefers them:
 *
 * 1. Alternatives from left to right (Debian Policy 7.1).
 * 2. Of one alternative, packages of that name before packages that provide it; of providers an essential one first,
 *    then by priority (required, important, standard, optional, extra).
 * 3. What is equal so far: the names that the request prefers, then the name that sorts last. Here apt takes what its
 *    cache met last. Archives list their packages by name, so this is nearly always the same, but it does not depend
 *    on who else mentioned a name before.
 *
 * Each name has one candidate: its highest version, of equal ones the earlier suite's, unless the request narrows it.
 * Only candidates are considered, as by apt, unless `everyVersion`: then the other versions follow all candidates.
 */
import type { Clause, Dependency, Package, PackageIndex } from '../package.ts';
import { compareVersions } from '../version.ts';
import { isMatch } from './match.ts';
import type { Request } from './request.ts';

export interface Candidates {
  readonly architecture: string;
  /** The versions of a name that may be chosen, the candidate first. */
  readonly versions: (name: string) => readonly Package[];
  /** What satisfies a clause; a name stands for an excluded package. */
  readonly options: (clause: Clause) => readonly (Package | string)[];
}

export interface CandidateRules {
  readonly requests: readonly Request[];
  readonly exclude: ReadonlySet<string>;
  readonly prefer: ReadonlySet<string>;
  readonly everyVersion: boolean;
}

export function createCandidates(index: PackageIndex, rules: CandidateRules): Candidates {
  const known = new Map<string, readonly Package[]>();
  const versions = (name: string): readonly Package[] => {
    const before = known.get(name);
    if (before) return before;
    const requests = rules.requests.filter((request) => request.name === name);
    const allowed = distinct(
      index.versions(name).filter((pkg) => requests.every((request) => request.allows(pkg))),
    );
    const found = rules.everyVersion ? allowed : allowed.slice(0, 1);
    known.set(name, found);
    return found;
  };
  const isCandidate = (pkg: Package): boolean => versions(pkg.name)[0] === pkg;

  const optionsOfOne = (wanted: Dependency): readonly (Package | string)[] => {
    if (rules.exclude.has(wanted.name)) return [wanted.name];
    const matching = (pkg: Package): boolean => isMatch(pkg, wanted, index.architecture);
    const named = versions(wanted.name).filter(matching);
    const providers = [...new Set(index.providers(wanted.name).map((pkg) => pkg.name))];
    const providing = providers
      .filter((name) => name !== wanted.name)
      .flatMap((name) => versions(name).filter(matching))
      .toSorted((a, b) => compareProviders(a, b, rules.prefer));
    return [...named, ...providing].map((pkg) => (rules.exclude.has(pkg.name) ? pkg.name : pkg));
  };

  const options = (clause: Clause): readonly (Package | string)[] => {
    const all = new Set(clause.flatMap(optionsOfOne));
    const first = [...all].filter((one) => typeof one === 'string' || isCandidate(one));
    return [...new Set([...first, ...all])];
  };
  return { architecture: index.architecture, versions, options };
}

/** A package that several suites have in the same version is there once. */
function distinct(packages: readonly Package[]): readonly Package[] {
  return packages.filter(
    (pkg, at) => packages.findIndex((other) => compareVersions(other.version, pkg.version) === 0) === at,
  );
}

const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra'];

function compareProviders(a: Package, b: Package, prefer: ReadonlySet<string>): number {
  return (
    Number(b.essential) - Number(a.essential) ||
    priority(a) - priority(b) ||
    Number(prefer.has(b.name)) - Number(prefer.has(a.name)) ||
    (a.name > b.name ? -1 : Number(a.name < b.name))
  );
}

function priority(pkg: Package): number {
  const place = PRIORITIES.indexOf(pkg.priority);
  return place < 0 ? PRIORITIES.length : place;
}
