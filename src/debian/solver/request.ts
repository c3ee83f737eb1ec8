/**
 * What was asked for: `name`, `name=version` and `name/suite` as apt-get(8) takes them, and `name (>= version)` as
 * control files write it. Several requests for one name all hold.
 */
import { DecantError } from '../../errors.ts';
import { parseDependency } from '../dependency.ts';
import type { Package, PackageIndex } from '../package.ts';
import { isVersionWanted } from './match.ts';

export interface Request {
  /** As it was written. */
  readonly text: string;
  readonly name: string;
  readonly allows: (pkg: Package) => boolean;
}

const MAX_REQUESTS = 10_000;

/** Sorted by name, so that their order says nothing. Throws USAGE. */
export function parseRequests(texts: readonly string[]): readonly Request[] {
  if (texts.length > MAX_REQUESTS) {
    throw new DecantError('USAGE', `more than ${MAX_REQUESTS} packages are asked for at once`);
  }
  const unique = [...new Set(texts.map((text) => text.trim()))];
  return unique.toSorted((a, b) => (a < b ? -1 : 1)).map(parseRequest);
}

/** A request for a name that only one package provides is one for that package, as with apt-get. Throws PACKAGE_UNKNOWN. */
export function resolveVirtual(index: PackageIndex, request: Request): Request {
  if (index.versions(request.name).length > 0) return request;
  const providers = [...new Set(index.providers(request.name).map((pkg) => pkg.name))];
  const [only] = providers;
  if (only !== undefined && providers.length === 1) return { ...request, name: only };
  if (only === undefined) {
    throw new DecantError('PACKAGE_UNKNOWN', `there is no package ${request.name} in the suites in use`, {
      hint: nearNames(index, request.name),
    });
  }
  throw new DecantError(
    'PACKAGE_UNKNOWN',
    `${request.name} is a virtual package that several packages provide: ${providers.join(', ')}`,
    { hint: 'name one of them' },
  );
}

function parseRequest(text: string): Request {
  const [, name, mark, rest] = /^([^\s=/]+)([=/])(\S+)$/.exec(text) ?? [];
  if (name === undefined || mark === undefined || rest === undefined) return parseRelation(text);
  requireName(name, text);
  if (mark === '/') return { text, name, allows: (pkg) => pkg.suite === rest };
  const wanted = { name, relation: '=', version: rest } as const;
  return { text, name, allows: (pkg) => isVersionWanted(pkg.version, wanted) };
}

function parseRelation(text: string): Request {
  const wanted = wantedOf(text);
  if (wanted.architecture !== undefined) throw notARequest(text);
  return { text, name: wanted.name, allows: (pkg) => isVersionWanted(pkg.version, wanted) };
}

function requireName(name: string, text: string): void {
  if (!/^[a-z0-9][a-z0-9+.-]*$/i.test(name)) throw notARequest(text);
}

function wantedOf(text: string): ReturnType<typeof parseDependency> {
  try {
    return parseDependency(text);
  } catch {
    throw notARequest(text);
  }
}

function notARequest(text: string): DecantError {
  return new DecantError('USAGE', `${JSON.stringify(text.slice(0, 200))} does not name a package`, {
    hint: 'write name, name=version, name/suite or "name (>= version)"',
  });
}

const MAX_NEAR_NAMES = 5;

/** Names that begin or end as this one does: versions in names (`libssl1.1`, `libssl3`) are what changes most. */
function nearNames(index: PackageIndex, name: string): string | undefined {
  const stem = name.replace(/[0-9.+-]+$/, '');
  if (stem.length < 3) return undefined;
  const near = index.names().filter((other) => other.replace(/[0-9.+-]+(?:t64)?$/, '') === stem);
  return near.length === 0 ? undefined : `there are ${near.slice(0, MAX_NEAR_NAMES).join(', ')}`;
}
