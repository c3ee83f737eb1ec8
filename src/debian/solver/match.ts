/**
 * Whether a package is what a relation asks for (Debian Policy 7.1, 7.5; deb-control(5); the Multi-Arch rules of
 * dpkg-architecture's `:any`), within the packages of one architecture.
 *
 * A package answers to its own name with its version, and to every name it provides with the version of the provision.
 * A provision without a version does not satisfy a relation that names one.
 */
import type { Dependency, Package } from '../package.ts';
import { satisfies } from '../version.ts';

/** `architecture` is the index's: what an unqualified name means, and what `all` stands for. */
export function isMatch(pkg: Package, wanted: Dependency, architecture: string): boolean {
  if (!isQualified(pkg, wanted, architecture)) return false;
  if (pkg.name === wanted.name && isVersionWanted(pkg.version, wanted)) return true;
  return pkg.provides.some(
    (provided) => provided.name === wanted.name && isVersionWanted(provided.version, wanted),
  );
}

export function isVersionWanted(
  version: string | undefined,
  { relation, version: wanted }: Dependency,
): boolean {
  if (relation === undefined || wanted === undefined) return true;
  return version !== undefined && satisfies(version, relation, wanted);
}

/** `:any` asks for a package that allows it; `:amd64` is met by packages of amd64 and by those of `all`. */
function isQualified(pkg: Package, { architecture: qualifier }: Dependency, architecture: string): boolean {
  if (qualifier === undefined) return true;
  if (qualifier === 'any') return pkg.multiArch === 'allowed';
  return qualifier === architecture || qualifier === 'native';
}
