/**
 * Why a package is in a solution: the shortest chain from something that was asked for, with the clause at each step.
 */
import type { Clause, Package } from '../package.ts';
import { isMatch } from './match.ts';
import type { Field } from './problem.ts';
import type { Request } from './request.ts';

/** The first step is what was asked for, the last is the package itself. */
export interface WhyStep {
  readonly package: Package;
  readonly reason:
    | { readonly kind: 'request'; /** As it was written. */ readonly request: string }
    | {
        readonly kind: 'dependency';
        /** The package of the step before. */
        readonly of: Package;
        readonly field: Field;
        readonly clause: Clause;
      };
}

/** Of chains of the same length the one whose packages were asked for, or depended on, first. Sees `packages` only. */
export function chains(
  packages: readonly Package[],
  requests: readonly Request[],
  architecture: string,
): (name: string) => readonly WhyStep[] {
  const byName = new Map<string, Package[]>();
  for (const pkg of packages) {
    for (const name of new Set([pkg.name, ...pkg.provides.map((provided) => provided.name)])) {
      byName.set(name, [...(byName.get(name) ?? []), pkg]);
    }
  }
  const steps = new Map<Package, WhyStep>();
  const reach = (pkg: Package, reason: WhyStep['reason']): void => {
    if (!steps.has(pkg)) steps.set(pkg, { package: pkg, reason });
  };
  for (const request of requests) {
    const pkg = packages.find((one) => one.name === request.name);
    if (pkg) reach(pkg, { kind: 'request', request: request.text });
  }
  for (const of of steps.keys()) {
    for (const [field, clauses] of [
      ['Pre-Depends', of.preDepends],
      ['Depends', of.depends],
    ] as const) {
      for (const clause of clauses) {
        for (const wanted of clause) {
          for (const pkg of byName.get(wanted.name) ?? []) {
            if (isMatch(pkg, wanted, architecture)) reach(pkg, { kind: 'dependency', of, field, clause });
          }
        }
      }
    }
  }
  return (name) => {
    const chain: WhyStep[] = [];
    let pkg = packages.find((one) => one.name === name);
    while (pkg) {
      const step = steps.get(pkg);
      if (!step) break;
      chain.unshift(step);
      pkg = step.reason.kind === 'dependency' ? step.reason.of : undefined;
    }
    return chain;
  };
}
