/** Which packages one image has and the other has not, and which are there in another version. */
import type { Package } from '../packages/package.ts';
import type { Changes, PackageChange } from './comparison.ts';

/** Packages are the same by manager, name and version; one that is there in several versions counts once. */
export function comparePackages(
  first: readonly Package[],
  second: readonly Package[],
): Changes<PackageChange> {
  const [before, after] = [versionsOf(first), versionsOf(second)];
  const counts = { added: 0, removed: 0, changed: 0, same: 0 };
  const list: PackageChange[] = [];
  for (const key of [...new Set([...before.keys(), ...after.keys()])].toSorted()) {
    const [manager = '', name = ''] = key.split('\0');
    const versions = [before.get(key) ?? [], after.get(key) ?? []] as const;
    if (versions[0].join('\0') === versions[1].join('\0')) {
      counts.same += 1;
      continue;
    }
    const change = versions[0].length === 0 ? 'added' : versions[1].length === 0 ? 'removed' : 'changed';
    counts[change] += 1;
    list.push({ change, manager, name, versions });
  }
  return { ...counts, list };
}

function versionsOf(packages: readonly Package[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { manager, name, version } of packages) {
    const key = `${manager}\0${name}`;
    const versions = found.get(key) ?? [];
    if (!versions.includes(version)) versions.push(version);
    found.set(key, versions.sort());
  }
  return found;
}
