/**
 * Relations between packages (Debian Policy 7.1, deb-control(5)): `a (>= 1), b | c:any`. Restrictions to architectures
 * and build profiles belong to source packages and are refused.
 */
import { DecantError } from '../errors.ts';
import type { Clause, Dependency, Relation } from './package.ts';

/** Clauses of alternatives: Depends, Pre-Depends, Recommends. Throws ARCHIVE_INVALID; `name` is whose they are. */
export function parseClauses(text: string, name = 'dependencies'): readonly Clause[] {
  return text
    .split(',')
    .filter((clause) => clause.trim() !== '')
    .map((clause) => clause.split('|').map((one) => parseDependency(one, name)));
}

/** Relations without alternatives: Conflicts, Breaks, Replaces, Provides. Throws ARCHIVE_INVALID. */
export function parseDependencies(text: string, name = 'dependencies'): readonly Dependency[] {
  return text
    .split(',')
    .filter((one) => one.trim() !== '')
    .map((one) => parseDependency(one, name));
}

/** One relation: `libc6:any (>= 2.36)`. Throws ARCHIVE_INVALID. */
export function parseDependency(text: string, name = 'dependencies'): Dependency {
  const trimmed = text.trim();
  const [, target, architecture, operator, version] =
    (trimmed.length > MAX_CHARACTERS ? null : GRAMMAR.exec(trimmed)) ?? [];
  const relation = operator === undefined ? undefined : RELATIONS.get(operator);
  if (target === undefined || (operator !== undefined && relation === undefined)) {
    throw new DecantError(
      'ARCHIVE_INVALID',
      `${name}: ${JSON.stringify(trimmed.slice(0, 200))} is no relation to a package`,
    );
  }
  return {
    name: target,
    ...(architecture === undefined ? {} : { architecture }),
    ...(relation === undefined || version === undefined ? {} : { relation, version }),
  };
}

/** As it is written in a control file. */
export function formatDependency({ name, architecture, relation, version }: Dependency): string {
  const qualifier = architecture === undefined ? '' : `:${architecture}`;
  return `${name}${qualifier}${relation === undefined ? '' : ` (${relation} ${version})`}`;
}

export function formatClause(clause: Clause): string {
  return clause.map(formatDependency).join(' | ');
}

const MAX_CHARACTERS = 1000;

const GRAMMAR =
  /^([A-Za-z0-9][A-Za-z0-9+.-]*)(?::([a-z0-9-]+))?\s*(?:\(\s*([<>=]{1,2})\s*([A-Za-z0-9.+~:-]+)\s*\))?$/;

/** The single characters are old spellings that mean "or equal". */
const RELATIONS: ReadonlyMap<string, Relation> = new Map([
  ['<<', '<<'],
  ['<=', '<='],
  ['<', '<='],
  ['=', '='],
  ['>=', '>='],
  ['>', '>='],
  ['>>', '>>'],
]);
