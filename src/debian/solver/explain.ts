/**
 * Why not: the proof that the requests cannot be met as an indented text, from what was asked for down to what is
 * missing or excludes something else.
 */
import { DecantError } from '../../errors.ts';
import { formatDependency } from '../dependency.ts';
import type { Dependency, PackageIndex } from '../package.ts';
import type { Candidates } from './candidates.ts';
import { type Choice, type Constraint, describeOrigin, describePackage } from './problem.ts';

const MAX_LINES = 100;

/** DEPENDENCIES_UNMET with the whole explanation in its message, one line a step, two spaces of indentation a level. */
export function explain(
  index: PackageIndex,
  candidates: Candidates,
  proof: readonly Constraint[],
): DecantError {
  const lines: string[] = [];
  const told = new Set<Constraint>();

  const tell = (constraint: Constraint, depth: number): void => {
    if (told.has(constraint)) return;
    told.add(constraint);
    lines.push(`${'  '.repeat(depth)}${sentence(constraint, proof)}`);
    const { origin } = constraint;
    if (origin.kind === 'depends') {
      for (const wanted of origin.clause) {
        if (candidates.options([wanted]).length > 0) continue;
        lines.push(`${'  '.repeat(depth + 1)}${unavailable(index, candidates, wanted)}`);
      }
    }
    if (origin.kind !== 'request' && origin.kind !== 'depends') return;
    for (const choice of constraint.wanted) {
      for (const next of constraintsOn(choice, proof)) tell(next, depth + 1);
    }
  };
  const requests = proof.filter(({ origin }) => origin.kind === 'request');
  for (const request of requests) tell(request, 0);

  const names = requests.flatMap(({ origin }) => (origin.kind === 'request' ? [origin.request.text] : []));
  const shown = lines.slice(0, MAX_LINES);
  if (shown.length < lines.length) shown.push(`… and ${lines.length - shown.length} more lines`);
  return new DecantError(
    'DEPENDENCIES_UNMET',
    [`${names.join(', ')} cannot be installed${names.length > 1 ? ' together' : ''}`, ...shown].join('\n'),
  );
}

/** What it depends on before what it cannot be together with. */
function constraintsOn(choice: Choice, proof: readonly Constraint[]): readonly Constraint[] {
  const on = proof.filter(({ given }) => given.includes(choice));
  return [
    ...on.filter(({ origin }) => origin.kind === 'depends'),
    ...on.filter(({ origin }) => origin.kind !== 'depends'),
  ];
}

/** Of two that exclude each other, the sentence also says who needs the second. */
function sentence(constraint: Constraint, proof: readonly Constraint[]): string {
  const { origin } = constraint;
  if (origin.kind !== 'conflict') return describeOrigin(origin);
  const other = constraint.given.find((choice) => choice.package === origin.with);
  const need = proof.find(({ wanted }) => other !== undefined && wanted.includes(other));
  const why = need === undefined ? '' : `: ${describeOrigin(need.origin)}`;
  return `${describeOrigin(origin)}, and ${describePackage(origin.with)} is needed${why}`;
}

/** Why nothing satisfies one alternative. */
function unavailable(index: PackageIndex, candidates: Candidates, wanted: Dependency): string {
  const { name, architecture, relation } = wanted;
  const text = formatDependency(wanted);
  const allowed = candidates.versions(name).map((pkg) => pkg.version);
  const known = index.versions(name).map((pkg) => pkg.version);
  if (architecture !== undefined && known.length > 0) {
    return `${text} is not available: ${name} ${known.join(', ')} cannot be used so, or is of another version`;
  }
  if (allowed.length > 0) return `${text} is not available, only ${allowed.join(', ')}`;
  if (known.length > 0)
    return `${text} is not available: the version asked for is none of ${known.join(', ')}`;
  const providers = [...new Set(index.providers(name).map((pkg) => pkg.name))];
  if (providers.length === 0)
    return `${text} is not available: there is no such package, and none provides it`;
  const how = relation === undefined ? 'its providers cannot be used' : 'no provider provides that version';
  return `${text} is not available: ${how} (${providers.join(', ')})`;
}
