/** Which advisories an update closes, and which it opens: those that match one of two package lists and not the other. */
import type { PackageList } from '../inspect/packages/package.ts';
import type { Database } from './database.ts';
import { type Finding, scanPackages } from './scan.ts';

export interface AdvisoryChanges {
  readonly closed: readonly Finding[];
  readonly opened: readonly Finding[];
  readonly remaining: readonly Finding[];
}

/** A vulnerability is the same when its number and its (source) package are, whatever the versions. */
export function advisoryChanges(
  before: PackageList,
  after: PackageList,
  database: Database,
): AdvisoryChanges {
  const [old, new_] = [scanPackages(before, database).findings, scanPackages(after, database).findings];
  const keys = (findings: readonly Finding[]): ReadonlySet<string> => new Set(findings.map(keyOf));
  const [inOld, inNew] = [keys(old), keys(new_)];
  return {
    closed: old.filter((one) => !inNew.has(keyOf(one))),
    opened: new_.filter((one) => !inOld.has(keyOf(one))),
    remaining: new_.filter((one) => inOld.has(keyOf(one))),
  };
}

function keyOf({ id, name }: Finding): string {
  return `${id} ${name}`;
}
