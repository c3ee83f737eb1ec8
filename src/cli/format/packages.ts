/** What `decant sbom` answers as text and as JSON of its own. */
import type { Package, PackageList } from '../../inspect/packages/package.ts';
import { formatCount } from '../../report/text/count.ts';
import { formatJson } from '../../report/text/json.ts';
import { formatTable, type TextOptions } from '../../report/text/table.ts';

export function formatPackages({ packages, distribution }: PackageList, options: TextOptions): string {
  const table = formatTable(
    [
      { title: 'MANAGER' },
      { title: 'NAME', least: 12 },
      { title: 'VERSION', least: 10 },
      { title: 'LICENCES', least: 10 },
      { title: 'FOUND IN', least: 10 },
    ],
    packages.map(({ manager, name, version, licenses, path, partOf }) => [
      manager,
      name,
      version,
      shortList(licenses),
      partOf === undefined ? `/${path}` : `/${path} (the distribution's)`,
    ]),
    options,
  );
  const system = distribution ? ` on ${distribution.name ?? distribution.id}` : '';
  return `${table}\n\n${formatCount(packages.length, 'package')}${system}${counts(packages)}`;
}

/** Some packages have twenty licences; as many as fit are shown, and how many more there are. */
const MAX_LIST = 40;

function shortList(texts: readonly string[]): string {
  const all = texts.join(', ');
  if (all.length <= MAX_LIST) return all;
  let count = 0;
  for (let length = 0; count < texts.length; count++) {
    length += (texts[count]?.length ?? 0) + 2;
    if (length > MAX_LIST) break;
  }
  return count === 0
    ? `${all.slice(0, MAX_LIST)}…`
    : `${texts.slice(0, count).join(', ')} (+${texts.length - count})`;
}

function counts(packages: readonly Package[]): string {
  const byManager = new Map<string, number>();
  for (const { manager } of packages) byManager.set(manager, (byManager.get(manager) ?? 0) + 1);
  const parts = [...byManager].map(([manager, count]) => `${count} ${manager}`);
  return parts.length > 1 ? `: ${parts.join(', ')}` : '';
}

/** Keys are stable: docs/cli.md has them. */
export function packagesJson({ distribution, packages, warnings }: PackageList): string {
  return formatJson({
    distribution: distribution ?? null,
    packages: packages.map((one) => ({
      manager: one.manager,
      name: one.name,
      version: one.version,
      architecture: one.architecture,
      source: one.source,
      licenses: one.licenses,
      supplier: one.supplier,
      homepage: one.homepage,
      purl: one.purl,
      path: `/${one.path}`,
      partOf: one.partOf,
      files: one.files?.map((file) => `/${file}`),
    })),
    warnings,
  });
}
