/** What is known of a package that is in a tree, whoever put it there. */

export const PACKAGE_MANAGERS = ['dpkg', 'apk', 'rpm', 'npm', 'python', 'go', 'cargo', 'java'] as const;
export type PackageManager = (typeof PACKAGE_MANAGERS)[number];

export interface Package {
  readonly manager: PackageManager;
  /** As the manager writes it: `@scope/name`, `group:artifact`, the path of a Go module. */
  readonly name: string;
  /** Whole, as the manager orders it: with epoch and revision. Empty where the record has none. */
  readonly version: string;
  /** As the manager names it: dpkg's `amd64`, rpm's `x86_64`. */
  readonly architecture?: string;
  /** What it was built from, where records say: advisories of distributions are for source packages. */
  readonly source?: PackageSource;
  /** As recorded, SPDX expressions or not; empty where nothing is. */
  readonly licenses: readonly string[];
  /** Who made the package, as recorded. */
  readonly supplier?: string;
  readonly homepage?: string;
  /** Its package URL (purl-spec). */
  readonly purl: string;
  /** `sha256:…` of the file that it was installed from, where that is known. */
  readonly digest?: string;
  /** The record, or the file, that it was found in: a path of the tree, `!/` before what is inside of an archive. */
  readonly path: string;
  /** Files of the tree that are the package's, where a record lists them; sorted. Directories are not listed. */
  readonly files?: readonly string[];
  /**
   * The package URL of the distribution's package that brought it: what Debian has of Python or Java. Its version is not
   * the whole truth, since distributions mend old ones.
   */
  readonly partOf?: string;
}

export interface PackageSource {
  readonly name: string;
  readonly version: string;
}

/** What `os-release` says of the distribution that the tree is of. */
export interface Distribution {
  /** `debian`, `alpine`, `fedora`, … */
  readonly id: string;
  readonly versionId?: string;
  readonly codename?: string;
  readonly name?: string;
}

export interface PackageList {
  readonly distribution?: Distribution;
  /** Sorted by manager (in the order above), name, version and path. */
  readonly packages: readonly Package[];
  /** What could not be read, a sentence each: packages may be missing from the list. */
  readonly warnings: readonly string[];
}

/** What a reader of one manager's records is handed. */
export interface PackageFinding extends Omit<Package, 'licenses' | 'purl' | 'partOf'> {
  readonly licenses?: readonly string[];
}
