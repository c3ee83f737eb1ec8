/** What the store's advisories say of the packages of a base: those that `decant db import` has brought. */
import type { Suite } from '../distroless/suites.ts';
import type { Advisories } from '../distroless/update.ts';
import type { Package } from '../inspect/packages/package.ts';
import type { Store } from '../store/store.ts';
import { openDatabase } from '../vulnerabilities/database.ts';
import { scanPackages } from '../vulnerabilities/scan.ts';

/** Gives `work` undefined where nothing is known of the release, which is not the same as that there is nothing. */
export async function withAdvisories<T>(
  store: Store,
  { id, version }: Suite,
  work: (advisories: Advisories | undefined) => Promise<T>,
): Promise<T> {
  const database = openDatabase(store);
  try {
    const distribution = { id, versionId: version };
    const scan = (packages: readonly Package[]) =>
      scanPackages({ distribution, packages, warnings: [] }, database);
    const isCovered = scan([packageOf({ name: 'any', version: '1' })]).uncovered.length === 0;
    if (!isCovered) return await work(undefined);
    const known = new Map<string, readonly string[]>();
    return await work((source) => {
      const key = `${source.name} ${source.version}`;
      const found = known.get(key) ?? scan([packageOf(source)]).findings.map((finding) => finding.id);
      known.set(key, found);
      return found;
    });
  } finally {
    database.close();
  }
}

/** Distributions speak of source packages. */
function packageOf(source: { readonly name: string; readonly version: string }): Package {
  return { manager: 'dpkg', ...source, source, licenses: [], purl: '', path: '' };
}
