/**
 * Which packages are in a tree, of every manager whose records are known. Nothing is unpacked and nothing is run; only
 * records are read, and of programs the part that says what went into them.
 */
import type { OpenContent } from '../../tree/pack.ts';
import type { Tree } from '../../tree/tree.ts';
import { apkPackages } from './apk.ts';
import { dpkgPackages } from './dpkg.ts';
import type { Reading } from './files.ts';
import { languagePackages } from './languages.ts';
import { readDistribution } from './os-release.ts';
import {
  type Package,
  PACKAGE_MANAGERS,
  type PackageFinding,
  type PackageList,
  type PackageManager,
} from './package.ts';
import { purlOf } from './purl.ts';
import { rpmPackages } from './rpm.ts';

export interface PackagesInput {
  readonly tree: Tree;
  readonly open: OpenContent;
  readonly signal?: AbortSignal | undefined;
  /** Whether packages of languages are looked for too, in programs among them; they are unless told. */
  readonly languages?: boolean | undefined;
  /** Whether licences are read that stand in files of their own, one a package; they are unless told. */
  readonly licenses?: boolean | undefined;
}

/** Throws INTERRUPTED, and what opening contents throws. What cannot be understood is a warning of the list. */
export async function findPackages({
  tree,
  open,
  signal,
  languages = true,
  licenses = true,
}: PackagesInput): Promise<PackageList> {
  const warnings: string[] = [];
  const reading: Reading = { tree, open, signal, licenses, warn: (text) => void warnings.push(text) };
  const distribution = await readDistribution(reading);
  const found: PackageFinding[] = [];
  for (const find of [dpkgPackages, apkPackages, rpmPackages, ...(languages ? [languagePackages] : [])]) {
    signal?.throwIfAborted();
    found.push(...(await find(reading)));
  }
  const packages = found.map((one): Package => ({
    ...one,
    licenses: one.licenses ?? [],
    purl: purlOf(one, distribution),
  }));
  return { ...(distribution && { distribution }), packages: withOwners(packages).sort(inOrder), warnings };
}

/** Packages of languages whose record is a file of a distribution's package are parts of that. */
function withOwners(packages: readonly Package[]): Package[] {
  const owners = new Map<string, string>();
  for (const { manager, files = [], purl } of packages)
    if (DISTRIBUTIONS.has(manager)) for (const file of files) owners.set(file, purl);
  return packages.map((one) => {
    const partOf = DISTRIBUTIONS.has(one.manager) ? undefined : owners.get(one.path.split('!/', 1)[0] ?? '');
    return partOf === undefined ? one : { ...one, partOf };
  });
}

const DISTRIBUTIONS: ReadonlySet<PackageManager> = new Set(['dpkg', 'apk', 'rpm']);

function inOrder(a: Package, b: Package): number {
  return (
    PACKAGE_MANAGERS.indexOf(a.manager) - PACKAGE_MANAGERS.indexOf(b.manager) ||
    compare(a.name, b.name) ||
    compare(a.version, b.version) ||
    compare(a.architecture ?? '', b.architecture ?? '') ||
    compare(a.path, b.path)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
