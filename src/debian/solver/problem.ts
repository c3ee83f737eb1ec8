/**
 * The requests and the relations of packages as constraints, written down only for packages that the search comes
 * across: the archive has tens of thousands, an answer a few hundred.
 */
import { formatClause, formatDependency } from '../dependency.ts';
import type { Clause, Dependency, Package } from '../package.ts';
import type { Candidates } from './candidates.ts';
import { isMatch } from './match.ts';
import type { Request } from './request.ts';

/** A package that may be selected, or the name of an excluded one, which asks for nothing and is in nobody's way. */
export interface Choice {
  readonly name: string;
  readonly package: Package | undefined;
  /** Undefined while nothing is known. */
  selected: boolean | undefined;
  /** How many decisions were made before, and what made it so; meaningful once `selected` is. */
  level: number;
  reason: Constraint | undefined;
  /** Every constraint that speaks of it. */
  readonly constraints: Constraint[];
  /** What it depends on, in the order in which apt looks: Pre-Depends first. Undefined until it is selected. */
  requirements: readonly Constraint[] | undefined;
}

/** If all of `given` are selected, one of `wanted` is. */
export interface Constraint {
  readonly given: readonly Choice[];
  readonly wanted: readonly Choice[];
  readonly origin: Origin;
}

export type Field = 'Depends' | 'Pre-Depends';

export type Origin =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'depends'; readonly of: Package; readonly field: Field; readonly clause: Clause }
  | {
      readonly kind: 'conflict';
      readonly of: Package;
      readonly field: 'Conflicts' | 'Breaks';
      readonly relation: Dependency;
      readonly with: Package;
    }
  | { readonly kind: 'versions'; readonly packages: readonly [Package, Package] }
  /** Follows from others. */
  | { readonly kind: 'learned'; readonly from: readonly Constraint[] };

export interface Problem {
  readonly requests: readonly Constraint[];
  /** Every constraint so far, in the order they were written down. */
  readonly constraints: readonly Constraint[];
  /** Writes down what a package depends on. */
  readonly expand: (choice: Choice) => readonly Constraint[];
  readonly learn: (constraint: Constraint) => void;
  readonly choices: () => Iterable<Choice>;
}

export function createProblem(candidates: Candidates, requests: readonly Request[]): Problem {
  const choices = new Map<string, Choice>();
  /** Choices by every name they answer to, and by every name they conflict with. */
  const answering = new Map<string, Set<Choice>>();
  const refusing = new Map<string, Set<Choice>>();
  const constraints: Constraint[] = [];

  const add = (constraint: Constraint): Constraint => {
    constraints.push(constraint);
    for (const choice of constraint.given) choice.constraints.push(constraint);
    for (const choice of constraint.wanted) choice.constraints.push(constraint);
    return constraint;
  };

  const choiceOf = (option: Package | string): Choice => {
    const key = typeof option === 'string' ? option : `${option.name} ${option.version}`;
    const known = choices.get(key);
    if (known) return known;
    const choice = newChoice(option);
    choices.set(key, choice);
    if (choice.package) {
      oppose(choice, choice.package, (other) => other.requirements !== undefined);
      for (const name of namesOf(choice.package)) file(answering, name, choice);
      for (const { name } of refusalsOf(choice.package)) file(refusing, name, choice);
    }
    return choice;
  };

  /**
   * Writes down what excludes a choice, and whom it excludes. Nothing follows from that before one of the two is
   * selected, so it waits until then: among thousands of providers that all exclude each other it is one row of pairs.
   */
  const oppose = (choice: Choice, pkg: Package, isDue: (other: Choice) => boolean): void => {
    const opposed = new Set<Choice>([choice]);
    const exclude = (other: Choice, origin: (other: Package) => Origin | undefined): void => {
      if (!other.package || opposed.has(other) || !isDue(other)) return;
      const found = origin(other.package);
      if (!found) return;
      opposed.add(other);
      add({ given: [other, choice], wanted: [], origin: found });
    };
    for (const other of answering.get(pkg.name) ?? []) {
      exclude(other, (of) => (of.name === pkg.name ? { kind: 'versions', packages: [of, pkg] } : undefined));
    }
    for (const name of namesOf(pkg)) {
      for (const other of refusing.get(name) ?? []) {
        exclude(other, (of) => conflictOf(of, pkg, candidates.architecture));
      }
    }
    for (const { name } of refusalsOf(pkg)) {
      for (const other of answering.get(name) ?? []) {
        exclude(other, (of) => conflictOf(pkg, of, candidates.architecture));
      }
    }
  };

  const requirement = (
    choice: Choice,
    pkg: Package,
    field: Field,
    clause: Clause,
  ): Constraint | undefined => {
    const wanted = candidates.options(clause).map(choiceOf);
    if (wanted.includes(choice)) return undefined;
    return add({ given: [choice], wanted, origin: { kind: 'depends', of: pkg, field, clause } });
  };

  const expand = (choice: Choice): readonly Constraint[] => {
    const pkg = choice.package;
    if (pkg && !choice.requirements) {
      oppose(choice, pkg, (other) => other.requirements === undefined);
      choice.requirements = [];
      choice.requirements = [
        ...pkg.preDepends.map((clause) => requirement(choice, pkg, 'Pre-Depends', clause)),
        ...pkg.depends.map((clause) => requirement(choice, pkg, 'Depends', clause)),
      ].filter((constraint) => constraint !== undefined);
    }
    return choice.requirements ?? [];
  };

  return {
    requests: requests.map((request) =>
      add({
        given: [],
        wanted: candidates.versions(request.name).map(choiceOf),
        origin: { kind: 'request', request },
      }),
    ),
    constraints,
    expand,
    learn: add,
    choices: () => choices.values(),
  };
}

/** One line: what a constraint says, as the field of the package does. */
export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'request':
      return `${origin.request.text} is asked for`;
    case 'depends': {
      const verb = origin.field === 'Depends' ? 'depends on' : 'pre-depends on';
      return `${describePackage(origin.of)} ${verb} ${formatClause(origin.clause)}`;
    }
    case 'conflict': {
      const verb = origin.field === 'Conflicts' ? 'conflicts with' : 'breaks';
      return `${describePackage(origin.of)} ${verb} ${formatDependency(origin.relation)}`;
    }
    case 'versions':
      return `only one of ${origin.packages.map(describePackage).toSorted().join(' and ')} can be installed`;
    case 'learned':
      return 'this follows';
  }
}

export function describePackage(pkg: Package): string {
  return `${pkg.name} ${pkg.version}`;
}

function newChoice(option: Package | string): Choice {
  return {
    name: typeof option === 'string' ? option : option.name,
    package: typeof option === 'string' ? undefined : option,
    selected: undefined,
    level: 0,
    reason: undefined,
    constraints: [],
    requirements: undefined,
  };
}

/** Nothing conflicts with itself: who conflicts with a name that it provides wants to be the only one that does. */
function conflictOf(of: Package, pkg: Package, architecture: string): Origin | undefined {
  if (of.name === pkg.name) return undefined;
  for (const field of ['Conflicts', 'Breaks'] as const) {
    const relation = (field === 'Conflicts' ? of.conflicts : of.breaks).find((one) =>
      isMatch(pkg, one, architecture),
    );
    if (relation) return { kind: 'conflict', of, field, relation, with: pkg };
  }
  return undefined;
}

/** Every name that a package answers to. */
function namesOf(pkg: Package): ReadonlySet<string> {
  return new Set([pkg.name, ...pkg.provides.map((provided) => provided.name)]);
}

function refusalsOf(pkg: Package): readonly Dependency[] {
  return [...pkg.conflicts, ...pkg.breaks];
}

function file(index: Map<string, Set<Choice>>, name: string, choice: Choice): void {
  const filed = index.get(name);
  if (filed) filed.add(choice);
  else index.set(name, new Set([choice]));
}
