/**
 * Packages matched with advisories. Several advisories for the same vulnerability in the same package, from one source or
 * from several, are one finding.
 */
import type { Package, PackageList } from '../inspect/packages/package.ts';
import { type Advisory, moreSevere, SEVERITIES, type Severity } from './advisory.ts';
import type { Database } from './database.ts';
import { type AdvisoryKey, advisoryKeys } from './ecosystem.ts';
import { matchAdvisory } from './match.ts';
import { versionOrder } from './versions/compare.ts';

export interface Finding {
  /** `CVE-2024-1` where there is such a number, else the advisory's own. */
  readonly id: string;
  /** The advisories that say so: `DSA-5000-1`, `GHSA-…`. Sorted. */
  readonly advisories: readonly string[];
  readonly summary?: string;
  readonly severity: Severity;
  readonly score?: number;
  /** What is vulnerable: the name under which the advisory stands, of Debian and Alpine the source package. */
  readonly name: string;
  readonly version: string;
  /** The packages of the image that are of it. */
  readonly packages: readonly Package[];
  /** The version in which it is mended. */
  readonly fixed?: string;
  /** Why it is not mended, where the source says. */
  readonly note?: string;
}

export interface ScanOptions {
  /**
   * Packages of languages that a distribution's package brought are matched too. By default they are not: their versions
   * do not tell what the distribution has mended, and its own advisories are for its packages.
   */
  readonly parts?: boolean;
}

export interface Scan {
  /** The worst first, then by name and id. */
  readonly findings: readonly Finding[];
  /** Packages that some source could have advisories for, and those that none could. */
  readonly matched: number;
  readonly unmatched: number;
  /** Ecosystems that packages are of and that no source has anything on: there nothing can be found. Sorted. */
  readonly uncovered: readonly string[];
}

export function scanPackages(
  { packages, distribution }: PackageList,
  database: Database,
  { parts = false }: ScanOptions = {},
): Scan {
  const subjects = new Map<string, Subject>();
  let unmatched = 0;
  for (const package_ of packages) {
    if (package_.partOf !== undefined && !parts) continue;
    const keys = advisoryKeys(package_, distribution);
    if (keys.length === 0) unmatched += 1;
    for (const key of keys) {
      const id = JSON.stringify([key.ecosystem, key.name, key.version]);
      const known = subjects.get(id);
      if (known) known.packages.push(package_);
      else subjects.set(id, { key, packages: [package_] });
    }
  }
  const findings = [...subjects.values()].flatMap((subject) => findingsOf(subject, database));
  const considered = packages.filter(({ partOf }) => parts || partOf === undefined).length;
  const uncovered = uncoveredOf([...subjects.values()], database);
  return { findings: findings.sort(worstFirst), matched: considered - unmatched, unmatched, uncovered };
}

/** Where a distribution may be called by several names, one that is covered is enough. */
function uncoveredOf(subjects: readonly Subject[], database: Database): readonly string[] {
  const ecosystems = [...new Set(subjects.map(({ key }) => key.ecosystem))];
  const covered = ecosystems.filter((ecosystem) => database.covers(ecosystem));
  const base = (ecosystem: string): string => ecosystem.split(':', 2).join(':');
  return ecosystems
    .filter((one) => !covered.some((other) => base(other) === base(one)))
    .filter((one, _, all) => !all.some((other) => other !== one && one.startsWith(`${other}:`)))
    .sort();
}

interface Subject {
  readonly key: AdvisoryKey;
  readonly packages: Package[];
}

function findingsOf({ key, packages }: Subject, database: Database): readonly Finding[] {
  const { ecosystem, name, version } = key;
  const compare = versionOrder(ecosystem);
  const byId = new Map<string, Finding>();
  for (const advisory of database.advisories(ecosystem, name)) {
    const match = matchAdvisory(advisory, version, compare);
    if (!match) continue;
    for (const id of identitiesOf(advisory)) {
      const one: Finding = { ...describe(advisory), id, name, version, packages, ...match };
      const known = byId.get(id);
      byId.set(id, known ? joined(known, one) : one);
    }
  }
  return [...byId.values()];
}

function describe({ id, summary, severity, score, note }: Advisory) {
  return {
    advisories: [id],
    ...(summary !== undefined && { summary }),
    severity,
    ...(score !== undefined && { score }),
    ...(note !== undefined && { note }),
  };
}

/** The CVE numbers that an advisory is about; one of a distribution may be about several. */
function identitiesOf({ id, aliases }: Advisory): readonly string[] {
  const numbers = [id, ...aliases].filter((one) => /^CVE-\d{4}-\d+$/.test(one));
  return numbers.length > 0 ? [...new Set(numbers)] : [id];
}

function joined(a: Finding, b: Finding): Finding {
  const score = Math.max(a.score ?? -1, b.score ?? -1);
  const fixed = a.fixed ?? b.fixed;
  return {
    ...b,
    ...a,
    advisories: [...new Set([...a.advisories, ...b.advisories])].sort(),
    severity: moreSevere(a.severity, b.severity),
    ...(score >= 0 && { score }),
    ...(fixed !== undefined && { fixed }),
  };
}

function worstFirst(a: Finding, b: Finding): number {
  return (
    SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) ||
    (b.score ?? 0) - (a.score ?? 0) ||
    (a.name < b.name ? -1 : Number(a.name > b.name)) ||
    (a.id < b.id ? -1 : Number(a.id > b.id))
  );
}
