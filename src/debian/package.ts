/**
 * What a package index says of a package (deb-control(5), Debian Policy chapters 5 and 7), as far as anyone here asks.
 */

export type Relation = '<<' | '<=' | '=' | '>=' | '>>';

/** One name of a dependency: `libc6:any (>= 2.36)`. */
export interface Dependency {
  readonly name: string;
  /** `any`, or an architecture; absent where there is no qualifier. */
  readonly architecture?: string;
  readonly relation?: Relation;
  readonly version?: string;
}

/** Alternatives: any one of them satisfies the clause (`a | b`). */
export type Clause = readonly Dependency[];

export type MultiArch = 'no' | 'same' | 'foreign' | 'allowed';

export interface Package {
  readonly name: string;
  readonly version: string;
  /** `amd64`, …, or `all`. */
  readonly architecture: string;
  /** Source package; its version differs from the binary's now and then. */
  readonly source: { readonly name: string; readonly version: string };
  readonly depends: readonly Clause[];
  readonly preDepends: readonly Clause[];
  readonly recommends: readonly Clause[];
  readonly conflicts: readonly Dependency[];
  readonly breaks: readonly Dependency[];
  readonly replaces: readonly Dependency[];
  /** With `=` and a version where the provision is versioned. */
  readonly provides: readonly Dependency[];
  readonly multiArch: MultiArch;
  readonly essential: boolean;
  /** `required`, `important`, `standard`, `optional`, `extra`, or '' where it is not said. */
  readonly priority: string;
  readonly section: string;
  /** Kibibytes, as the package claims. */
  readonly installedSize: number;
  /** Path below the mirror. */
  readonly filename: string;
  /** Bytes of the .deb. */
  readonly size: number;
  /** `sha256:…` of the .deb. */
  readonly digest: string;
  readonly maintainer: string;
  readonly homepage?: string;
  /** First line of the description. */
  readonly summary: string;
  /** Which of the archive's suites it comes from: `bookworm`, `bookworm-security`. */
  readonly suite: string;
}

/** The packages of one architecture (and `all`) from several suites, looked up without holding them all. */
export interface PackageIndex {
  readonly architecture: string;
  /** Every version of a name, the highest first (deb-version(7)); of equal ones the earlier suite's. */
  readonly versions: (name: string) => readonly Package[];
  /** Packages that provide a name, without those of that name; sorted by name, then version, highest first. */
  readonly providers: (name: string) => readonly Package[];
  /** All names that there are packages of, sorted. */
  readonly names: () => readonly string[];
}
