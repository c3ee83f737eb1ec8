/**
 * Lock files: which packages, in which versions, by which digests, a recipe was solved to. A locked build asks no index
 * and solves nothing, so it gives the same image on any machine, now and later, from a mirror or a snapshot.
 */
import { DecantError } from '../errors.ts';
import type { ArchiveRelease } from '../debian/archive.ts';
import type { PoolFile } from '../debian/pool.ts';
import { isDigest } from '../oci/digest.ts';
import type { JlinkPackages } from './jlink/runtime.ts';
import type { Recipe } from './recipe.ts';

/** A package with its source package, which advisories go by. */
export interface LockedPackage extends PoolFile {
  /** Absent where the source has the name and the version of the package, as in Debian's own control files. */
  readonly source?: { readonly name: string; readonly version: string };
}

export interface Lock {
  /** Of the recipe. */
  readonly name: string;
  readonly codename: string;
  /** By Debian's name of the architecture; packages sorted by name. */
  readonly architectures: Readonly<Record<string, readonly LockedPackage[]>>;
  /** For a recipe with `jlink`: the JDK and what it needs, by the architecture of the machine that runs it. */
  readonly tools?: Readonly<Record<string, readonly PoolFile[]>>;
  /** What the archive was when it was solved, for people who look for a snapshot of it. */
  readonly releases: readonly { readonly suite: string; readonly date: string; readonly digest: string }[];
}

const VERSION = 1;
/** More packages than an archive has. */
const MAX_PACKAGES = 200_000;

export function makeLock(
  recipe: Recipe,
  solved: ReadonlyMap<string, readonly LockedPackage[]>,
  releases: readonly ArchiveRelease[],
  tools: ReadonlyMap<string, readonly PoolFile[]> = new Map(),
): Lock {
  return {
    name: recipe.name,
    codename: recipe.suite.codename,
    architectures: byArchitecture(solved),
    ...(tools.size > 0 && { tools: byArchitecture(tools) }),
    releases: releases.map(({ suite, date, digest }) => ({ suite, date: date.toISOString(), digest })),
  };
}

function byArchitecture(
  packages: ReadonlyMap<string, readonly LockedPackage[]>,
): Readonly<Record<string, readonly LockedPackage[]>> {
  const sorted = [...packages].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([of, files]) => [of, files.map(fileOf).toSorted(byName)]));
}

/** The same lock gives the same bytes, one package a line, so that a change can be read in a diff. */
export function formatLock(lock: Lock): string {
  const head = { version: VERSION, name: lock.name, codename: lock.codename, releases: lock.releases };
  const fields = Object.entries(head).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  const lists = [formatFiles('architectures', lock.architectures)];
  if (lock.tools) lists.push(formatFiles('tools', lock.tools));
  return `{\n${[...fields, ...lists].join(',\n')}\n}\n`;
}

function formatFiles(key: string, architectures: Readonly<Record<string, readonly PoolFile[]>>): string {
  const lists = Object.entries(architectures).map(
    ([architecture, packages]) =>
      `    ${JSON.stringify(architecture)}: [\n${packages.map((file) => `      ${JSON.stringify(file)}`).join(',\n')}\n    ]`,
  );
  return `  ${JSON.stringify(key)}: {\n${lists.join(',\n')}\n  }`;
}

/** @throws DecantError LOCK_INVALID */
export function parseLock(text: string, file: string): Lock {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(file, 'it is not JSON', error);
  }
  const fields = objectOf(value, file, 'it is not a map');
  if (fields['version'] !== VERSION) throw invalid(file, `its version is not ${VERSION}`);
  const listsOf = (lists: unknown): Readonly<Record<string, readonly PoolFile[]>> =>
    Object.fromEntries(
      Object.entries(objectOf(lists, file, 'it has no architectures')).map(
        ([architecture, packages]) => [architecture, packagesOf(packages, file)] as const,
      ),
    );
  const releases = Array.isArray(fields['releases']) ? (fields['releases'] as Lock['releases']) : [];
  return {
    name: textOf(fields['name'], file),
    codename: textOf(fields['codename'], file),
    architectures: listsOf(fields['architectures']),
    ...(fields['tools'] === undefined ? {} : { tools: listsOf(fields['tools']) }),
    releases,
  };
}

/** @throws DecantError LOCK_INVALID when the lock is of another recipe, release or architecture */
export function lockedPackages(
  lock: Lock,
  recipe: Recipe,
  architecture: string,
  file: string,
): readonly PoolFile[] {
  const hint = 'make it anew: decant base lock';
  if (lock.name !== recipe.name || lock.codename !== recipe.suite.codename) {
    throw new DecantError(
      'LOCK_INVALID',
      `${file} is the lock of ${lock.name} on ${lock.codename}, not of ${recipe.name} on ${recipe.suite.codename}`,
      { hint },
    );
  }
  const packages = lock.architectures[architecture];
  if (packages) return packages;
  const known = Object.keys(lock.architectures).join(', ');
  throw new DecantError('LOCK_INVALID', `${file} has no packages for ${architecture}, only for ${known}`, {
    hint,
  });
}

/**
 * What linking a Java runtime takes, for a recipe with `jlink`.
 *
 * @param host Debian's name of this machine's architecture
 * @throws DecantError LOCK_INVALID when the lock was made without it
 */
export function lockedJlink(
  lock: Lock,
  { jlink }: Recipe,
  architecture: string,
  host: string,
  file: string,
): JlinkPackages | undefined {
  if (!jlink) return undefined;
  const tools = lock.tools?.[host];
  const target = lock.tools?.[architecture]?.find(({ name }) => name === jlink.package);
  if (tools && target) return { tools, target };
  throw new DecantError(
    'LOCK_INVALID',
    `${file} does not have what runs jlink for ${architecture} on a machine of ${host}`,
    { hint: `make it anew, for both: decant base lock --platform linux/${host},linux/${architecture}` },
  );
}

function packagesOf(value: unknown, file: string): readonly LockedPackage[] {
  if (!Array.isArray(value) || value.length > MAX_PACKAGES)
    throw invalid(file, 'its packages are not a list');
  return value.map((item) => {
    const { name, version, architecture, filename, size, digest, source } = objectOf(
      item,
      file,
      'a package is not a map',
    );
    if (typeof digest !== 'string' || !isDigest(digest))
      throw invalid(file, 'a package has no sha256 digest');
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
      throw invalid(file, 'a package has no size');
    return {
      name: textOf(name, file),
      version: textOf(version, file),
      architecture: textOf(architecture, file),
      filename: textOf(filename, file),
      size,
      digest,
      ...(source !== undefined && { source: sourceOf(source, file) }),
    };
  });
}

function sourceOf(value: unknown, file: string): { readonly name: string; readonly version: string } {
  const { name, version } = objectOf(value, file, 'a source package is not a map');
  return { name: textOf(name, file), version: textOf(version, file) };
}

function fileOf(locked: LockedPackage): LockedPackage {
  const { name, version, architecture, filename, size, digest, source } = locked;
  const isSame = source === undefined || (source.name === name && source.version === version);
  const file = { name, version, architecture, filename, size, digest };
  return isSame ? file : { ...file, source: { name: source.name, version: source.version } };
}

function byName(a: PoolFile, b: PoolFile): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function objectOf(value: unknown, file: string, why: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw invalid(file, why);
}

function textOf(value: unknown, file: string): string {
  if (typeof value === 'string') return value;
  throw invalid(file, 'a text is missing');
}

function invalid(file: string, why: string, cause?: unknown): DecantError {
  return new DecantError('LOCK_INVALID', `${file} is no lock file: ${why}`, {
    cause,
    hint: 'make it anew: decant base lock',
  });
}
