/** Which packages two bases differ in: what `decant base update` and `decant base diff` tell. */
import { compareVersions } from '../debian/version.ts';

/** A package as a lock file, an index or an image names it; of an image and of old locks not everything is known. */
export interface ListedPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: { readonly name: string; readonly version: string };
  /** Bytes of the .deb. */
  readonly size?: number;
  /** `sha256:…` of the .deb. */
  readonly digest?: string;
}

export type ChangeKind = 'added' | 'removed' | 'upgraded' | 'downgraded' | 'rebuilt';

export interface PackageChange {
  readonly name: string;
  /** `rebuilt`: the same version in other bytes. */
  readonly kind: ChangeKind;
  readonly before?: ListedPackage;
  readonly after?: ListedPackage;
}

/** Sorted by name; packages that are the same are not in it. */
export function packageChanges(
  before: readonly ListedPackage[],
  after: readonly ListedPackage[],
): readonly PackageChange[] {
  const [old, now] = [byKey(before), byKey(after)];
  const names = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  return names.flatMap((name) => changeOf(name, old.get(name), now.get(name)) ?? []);
}

function changeOf(
  name: string,
  before: ListedPackage | undefined,
  after: ListedPackage | undefined,
): PackageChange | undefined {
  if (!before || !after) {
    if (after) return { name, kind: 'added', after };
    return before && { name, kind: 'removed', before };
  }
  const order = compareVersions(before.version, after.version);
  if (order !== 0) return { name, kind: order < 0 ? 'upgraded' : 'downgraded', before, after };
  const isSame = before.digest === undefined || after.digest === undefined || before.digest === after.digest;
  return isSame ? undefined : { name, kind: 'rebuilt', before, after };
}

/** By name; of several architectures of one package, the further ones with theirs. */
function byKey(packages: readonly ListedPackage[]): ReadonlyMap<string, ListedPackage> {
  const found = new Map<string, ListedPackage>();
  for (const one of packages) {
    found.set(found.has(one.name) ? `${one.name}:${one.architecture}` : one.name, one);
  }
  return found;
}

/** Bytes of all packages together; undefined where it is not known of each. */
export function totalSize(packages: readonly ListedPackage[]): number | undefined {
  return packages.reduce<number | undefined>(
    (sum, { size }) => (sum === undefined || size === undefined ? undefined : sum + size),
    0,
  );
}
