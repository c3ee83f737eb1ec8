/** The packages of several indexes as one: every version of a name, wherever it comes from. */
import { DecantError } from '../errors.ts';
import type { IndexReader } from './index-file.ts';
import type { Package, PackageIndex } from './package.ts';
import type { ArchiveSource } from './source.ts';
import { compareVersions } from './version.ts';

export interface IndexPart {
  readonly reader: IndexReader;
  readonly source: ArchiveSource;
}

export interface MergedIndex extends PackageIndex {
  /** Where a package that this index gave comes from; undefined for others. */
  readonly sourceOf: (found: Package) => ArchiveSource | undefined;
}

/** Parts in the order in which they are preferred where they have the same version. */
export function mergeIndexes(architecture: string, parts: readonly IndexPart[]): MergedIndex {
  const sources = new WeakMap<Package, ArchiveSource>();
  const loaded = parts.map(() => new Map<number, Package>());
  const load = (part: number, number: number): Package => {
    const known = loaded[part]?.get(number);
    if (known) return known;
    const { reader, source } = parts[part] as IndexPart;
    const made = reader.read(number, source.suite);
    loaded[part]?.set(number, made);
    sources.set(made, source);
    return made;
  };
  const all = (numbers: (reader: IndexReader) => readonly number[]): readonly Package[] =>
    parts.flatMap(({ reader }, part) => numbers(reader).map((number) => load(part, number)));

  const versions = remembered((name) => distinct(all((reader) => reader.named(name))).toSorted(highestFirst));
  const providers = remembered((name) =>
    distinct(all((reader) => reader.providing(name)).filter((found) => found.name !== name)).toSorted(
      (a, b) => compareText(a.name, b.name) || highestFirst(a, b),
    ),
  );
  let names: readonly string[] | undefined;
  return {
    architecture,
    versions,
    providers,
    names: () => (names ??= [...new Set(parts.flatMap(({ reader }) => reader.names()))].toSorted()),
    sourceOf: (found) => sources.get(found),
  };
}

/** Of a version that several suites have, the first. Two builds that only share a version would be anyone's guess. */
function distinct(packages: readonly Package[]): readonly Package[] {
  const seen = new Map<string, Package>();
  for (const one of packages) {
    const key = `${one.name} ${one.version} ${one.architecture}`;
    const other = seen.get(key);
    if (!other) seen.set(key, one);
    else if (other.digest !== one.digest) {
      throw new DecantError(
        'ARCHIVE_INVALID',
        `${other.suite} and ${one.suite} have different packages ${one.name} ${one.version}`,
        { hint: 'leave one of the two out: their versions do not say which one is meant' },
      );
    }
  }
  return [...seen.values()];
}

function highestFirst(a: Package, b: Package): number {
  return compareVersions(b.version, a.version);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function remembered<T>(work: (name: string) => T): (name: string) => T {
  const results = new Map<string, T>();
  return (name) => {
    const known = results.get(name);
    if (known !== undefined) return known;
    const result = work(name);
    results.set(name, result);
    return result;
  };
}
