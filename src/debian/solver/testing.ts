/**
 * Package indexes for tests, written as a table, one package a line, fields separated by semicolons:
 *
 *     index('a 1.0 depends b | c (>= 2), d', 'c 2 essential required suite:updates ma:same arch:all provides x (= 1)')
 */
import { parseClauses, parseDependencies } from '../dependency.ts';
import type { MultiArch, Package, PackageIndex } from '../package.ts';
import { compareVersions } from '../version.ts';

/** Lines of the same package are of earlier and later suites, in their order. */
export function index(...lines: readonly string[]): PackageIndex {
  return indexOf(lines.map(readPackage));
}

export function indexOf(packages: readonly Package[]): PackageIndex {
  const sorted = packages.toSorted(
    (a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)) || compareVersions(b.version, a.version),
  );
  return {
    architecture: 'amd64',
    versions: (name) => sorted.filter((pkg) => pkg.name === name),
    providers: (name) =>
      sorted.filter((pkg) => pkg.name !== name && pkg.provides.some((provided) => provided.name === name)),
    names: () => [...new Set(sorted.map((pkg) => pkg.name))],
  };
}

export function readPackage(line: string): Package {
  const fields = line.split(';').map((field) => field.trim().split(/\s+/));
  const [[name = '', version = '', ...rest] = []] = fields;
  const begin = rest.findIndex((word) => FIELDS.has(word));
  const words = begin < 0 ? rest : rest.slice(0, begin);
  const relations = new Map(
    [begin < 0 ? [] : rest.slice(begin), ...fields.slice(1)].map(([field = '', ...text]) => [
      field,
      text.join(' '),
    ]),
  );
  for (const field of relations.keys()) {
    if (field !== '' && !FIELDS.has(field)) throw new Error(`${line}: there is no field ${field}`);
  }
  const value = (key: string): string | undefined =>
    words.find((word) => word.startsWith(`${key}:`))?.slice(key.length + 1);
  const clauses = (field: string): Package['depends'] => parseClauses(relations.get(field) ?? '');
  const simple = (field: string): Package['provides'] => parseDependencies(relations.get(field) ?? '');
  return {
    name,
    version,
    architecture: value('arch') ?? 'amd64',
    source: { name, version },
    depends: clauses('depends'),
    preDepends: clauses('pre-depends'),
    recommends: clauses('recommends'),
    conflicts: simple('conflicts'),
    breaks: simple('breaks'),
    replaces: simple('replaces'),
    provides: simple('provides'),
    multiArch: MULTI_ARCH.find((one) => one === value('ma')) ?? 'no',
    essential: words.includes('essential'),
    priority: PRIORITIES.find((priority) => words.includes(priority)) ?? 'optional',
    section: 'misc',
    installedSize: 1,
    filename: `pool/${name}_${version}.deb`,
    size: 1,
    digest: `sha256:${'0'.repeat(64)}`,
    maintainer: 'Nobody <nobody@example.invalid>',
    summary: name,
    suite: value('suite') ?? 'stable',
  };
}

const FIELDS = new Set([
  'depends',
  'pre-depends',
  'recommends',
  'conflicts',
  'breaks',
  'replaces',
  'provides',
]);
const PRIORITIES = ['required', 'important', 'standard', 'optional', 'extra'];
const MULTI_ARCH: readonly MultiArch[] = ['no', 'same', 'foreign', 'allowed'];
