/**
 * Which packages are in a tree, of every manager whose records are known. Nothing is unpacked and nothing is run; only
 * records are read, and of programs the part that says what went into them.
 */
import type { OpenContent } from '../../tree/pack.ts';
import type { Tree } from '../../tree/tree.ts';
import { apkPackages } from './apk.ts';
import { dpkgPackages } from './dpkg.ts';
import type { Reading } from './files.ts';
import { readDistribution } from './os-release.ts';
import { type Package, PACKAGE_MANAGERS, type PackageFinding, type PackageList } from './package.ts';
import { purlOf } from './purl.ts';

export interface PackagesInput {
  readonly tree: Tree;
  readonly open: OpenContent;
  readonly signal?: AbortSignal | undefined;
}

/** Throws INTERRUPTED, and what opening contents throws. What cannot be understood is a warning of the list. */
export async function findPackages({ tree, open, signal }: PackagesInput): Promise<PackageList> {
  const warnings: string[] = [];
  const reading: Reading = { tree, open, signal, warn: (text) => void warnings.push(text) };
  const distribution = await readDistribution(reading);
  const found: PackageFinding[] = [];
  for (const find of [dpkgPackages, apkPackages]) {
    signal?.throwIfAborted();
    found.push(...(await find(reading)));
  }
  const packages = found.map((one): Package => ({
    ...one,
    licenses: one.licenses ?? [],
    purl: purlOf(one, distribution),
  }));
  return { ...(distribution && { distribution }), packages: packages.sort(inOrder), warnings };
}

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
