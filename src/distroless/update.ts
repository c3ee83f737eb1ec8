/**
 * What an update of a base would change: the packages that it has against those that the archive has now, and which
 * advisories are closed by that. Advisories of distributions are for source packages, so several packages may close
 * the same one.
 */
import type { Package, PackageIndex } from '../debian/package.ts';
import { type ListedPackage, type PackageChange, packageChanges } from './changes.ts';

export interface AdvisedChange extends PackageChange {
  /** Advisories that the package has before and not after. */
  readonly closes: readonly string[];
  /** Those that it has after and not before. */
  readonly opens: readonly string[];
}

export interface Update {
  readonly changes: readonly AdvisedChange[];
  /** Sorted, each once. */
  readonly closes: readonly string[];
  /** What is still open when all of it is done. */
  readonly open: readonly string[];
}

/** The advisories that a version of a source package is affected by. */
export type Advisories = (source: ListedPackage['source']) => readonly string[];

export function updateOf(
  before: readonly ListedPackage[],
  after: readonly ListedPackage[],
  advisories: Advisories = () => [],
): Update {
  const changes = packageChanges(before, after).map((change): AdvisedChange => {
    const [had, has] = [change.before, change.after].map((one) => (one ? advisories(one.source) : []));
    return { ...change, closes: without(had, has), opens: without(has, had) };
  });
  const all = (packages: readonly ListedPackage[]): readonly string[] =>
    packages.flatMap(({ source }) => advisories(source));
  return { changes, closes: without(all(before), all(after)), open: without(all(after), []) };
}

/** Each once, in an order in which the second of a year stands before the tenth. */
function without(some: readonly string[] = [], others: readonly string[] = []): readonly string[] {
  const gone = new Set(others);
  const order = new Intl.Collator('en', { numeric: true });
  return [...new Set(some)].filter((one) => !gone.has(one)).toSorted(order.compare);
}

/**
 * For a base whose recipe is not known: each package in the highest version that the archive has, or not at all. What
 * new versions depend on beyond that is not looked for.
 */
export function newestOf(packages: readonly ListedPackage[], index: PackageIndex): readonly Package[] {
  return packages.flatMap(({ name }) => index.versions(name)[0] ?? []);
}
