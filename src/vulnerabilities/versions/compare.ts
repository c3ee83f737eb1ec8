/** The order of versions in each ecosystem of OSV, as that ecosystem's own tools have it. */
import { compare as comparePython, valid as isPython } from '@renovatebot/pep440';
import { coerce, parse } from 'semver';
import { compareVersions } from '../../debian/version.ts';
import { compareApk } from './apk.ts';
import { compareMaven } from './maven.ts';
import { compareRpm } from './rpm.ts';

export type CompareVersions = (a: string, b: string) => number;

const BY_ECOSYSTEM: Readonly<Record<string, CompareVersions>> = {
  Debian: compareVersions,
  Ubuntu: compareVersions,
  Echo: compareVersions,
  Alpine: compareApk,
  Wolfi: compareApk,
  Chainguard: compareApk,
  MinimOS: compareApk,
  Alpaquita: compareApk,
  'BellSoft Hardened Containers': compareApk,
  AlmaLinux: compareRpm,
  'Rocky Linux': compareRpm,
  'Red Hat': compareRpm,
  openSUSE: compareRpm,
  SUSE: compareRpm,
  openEuler: compareRpm,
  Mageia: compareRpm,
  'Azure Linux': compareRpm,
  npm: compareSemver,
  'crates.io': compareSemver,
  Go: compareSemver,
  PyPI: comparePep440,
  Maven: compareMaven,
};

/** Undefined for an ecosystem whose order is not known: only versions that are named count there. */
export function versionOrder(ecosystem: string): CompareVersions | undefined {
  return BY_ECOSYSTEM[ecosystem.split(':', 1)[0] ?? ''];
}

/** Of Go without `v`, its own releases (`1.22rc1`) as it orders them; build numbers do not count. */
function compareSemver(a: string, b: string): number {
  const [left, right] = [semver(a), semver(b)];
  if (!left || !right) return Number(a > b) - Number(a < b);
  return left.compare(right);
}

function semver(text: string): ReturnType<typeof parse> {
  const plain = text.replace(/^(?:v|go)/, '').replace(/^(\d+\.\d+)((?:rc|beta)\d+)$/, '$1.0-$2');
  return parse(plain, { loose: true }) ?? coerce(plain, { includePrerelease: true });
}

/** What is no version of PEP 440 is lower than all that are. */
function comparePep440(a: string, b: string): number {
  const [left, right] = [isPython(a) !== null, isPython(b) !== null];
  if (left && right) return comparePython(a, b);
  if (left !== right) return left ? 1 : -1;
  return Number(a > b) - Number(a < b);
}
